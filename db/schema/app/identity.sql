-- An account elsewhere, as whoever signs in with it sees it.
do $$
begin
    if to_regtype('app.identity') is null then
        create type app.identity as (
            id           uuid,
            provider     text,
            issuer       text,
            subject      text,
            created_at   timestamptz,
            last_used_at timestamptz
        );
    end if;
end
$$;
comment on type app.identity is 'An account elsewhere with which the caller signs in (OAuth, OpenID Connect).';
comment on column app.identity.id is 'Its key: what unlinkIdentity takes.';
comment on column app.identity.provider is 'The provider, as this installation calls it.';
comment on column app.identity.issuer is 'Who vouches: the issuer''s address.';
comment on column app.identity.subject is 'Who that is, in the issuer''s words.';
comment on column app.identity.created_at is 'When it was linked.';
comment on column app.identity.last_used_at is 'When it last signed the caller in.';
