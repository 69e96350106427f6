-- A session as its owner sees it.
do $$
begin
    if to_regtype('app.session') is null then
        create type app.session as (
            id           uuid,
            device       text,
            address      inet,
            methods      text[],
            company      text,
            created_at   timestamptz,
            last_seen_at timestamptz,
            expires_at   timestamptz,
            is_current   boolean,
            is_bound     boolean
        );
    end if;
end
$$;
comment on type app.session is 'A sign-in of the caller on one device, in one of their companies.';
comment on column app.session.id is 'Its key: what revokeSession takes.';
comment on column app.session.device is 'Browser and platform, or the program, as it said itself at the last refresh: "Firefox on Windows". Null if it said nothing.';
comment on column app.session.address is 'The network address that it was begun from.';
comment on column app.session.methods is 'By what the person proved who they are, in the words of RFC 8176: pwd, otp, …';
comment on column app.session.company is 'The name of the company that it is for; null before one joins a company.';
comment on column app.session.created_at is 'When it was begun.';
comment on column app.session.last_seen_at is 'When it was last used, to five minutes.';
comment on column app.session.expires_at is 'When it ends if nobody refreshes it; at its lifetime''s end in any case.';
comment on column app.session.is_current is 'Whether it is the one that asks.';
comment on column app.session.is_bound is 'Whether its tokens are good only together with a key that the device keeps (DPoP, RFC 9449).';
