-- Adds up how many requests each tenant made today, by UTC, and says of each that was told how many there are by now, of how
-- many that its plan allows. A web process counts in memory and tells of all its tenants about once a second, so that no
-- request waits for a write, and those of one tenant do not wait for one another.
--
-- tenants, digests, counts: a line each, of a session's tenant or of sha256 of an API key. A line that counts nothing only asks.
-- What is of no tenant and of no key is not answered. seconds: until the day is over, by this clock and no other.
set local role rowhouse_definer;
create or replace function auth.count_requests(tenants uuid[], digests bytea[], counts bigint[])
    returns table (line integer, used bigint, most integer, seconds integer)
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    with told as (
        select line.place, place.id as tenant, place.requests_per_day as most, line.count
        from unnest(tenants, digests, counts) with ordinality as line (tenant, digest, count, place)
        left join auth.api_keys as key on key.digest = sha256(line.digest)
        join app.tenants as place on place.id = coalesce(line.tenant, key.tenant_id)
    ), added as (
        insert into auth.request_counts as known (id, day, count)
        -- In the order of their keys, so that two processes that tell of the same tenants at once do not wait for each other.
        select told.tenant, (now() at time zone 'UTC')::date, sum(told.count)
        from told group by told.tenant having sum(told.count) > 0 order by told.tenant
        -- A telling that began before midnight and comes after another of today counts for today.
        on conflict (id) do update set
            day = greatest(known.day, excluded.day),
            count = excluded.count + case when known.day < excluded.day then 0 else known.count end
        returning known.id, known.count
    )
    select
        told.place::integer,
        coalesce(added.count, auth.requests_today(told.tenant)),
        told.most,
        ceil(extract(epoch from ((now() at time zone 'UTC')::date + 1) - (now() at time zone 'UTC')))::integer
    from told left join added on added.id = told.tenant
$$;
grant execute on function auth.count_requests(uuid[], bytea[], bigint[]) to rowhouse_auth;
comment on function auth.count_requests(uuid[], bytea[], bigint[]) is
    'Adds the requests that a web process counted to those of their tenants today, and says how many there are, of how many, and for how long.';
reset role;
