-- What the caller's tenant uses of what its plan allows.
do $$
begin
    if to_regtype('app.tenant_usage') is null then
        create type app.tenant_usage as (
            seats      integer,
            seats_used integer,
            keys       integer,
            keys_used  integer,
            requests_per_minute integer,
            requests_per_day integer,
            requests_today integer,
            storage      bigint,
            storage_used bigint
        );
    end if;
end
$$;
comment on type app.tenant_usage is 'What the caller''s tenant may have, and what it has. A limit that is null is none.';
comment on column app.tenant_usage.seats is 'How many active members it may have.';
comment on column app.tenant_usage.seats_used is 'How many active members it has.';
comment on column app.tenant_usage.keys is 'How many API keys it may have that are good.';
comment on column app.tenant_usage.keys_used is 'How many API keys it has that are good; one that was rotated counts once.';
comment on column app.tenant_usage.requests_per_minute is 'How many requests a minute each of its API keys may make.';
comment on column app.tenant_usage.requests_per_day is 'How many requests a day its members, guests and keys may make together. A day begins at midnight, UTC.';
comment on column app.tenant_usage.requests_today is 'How many requests they made today, but for those of the last second or so.';
comment on column app.tenant_usage.storage is 'How many bytes its documents may have, earlier versions among them.';
comment on column app.tenant_usage.storage_used is 'How many bytes its documents have, earlier versions among them.';
