-- How many requests a tenant has made today, by UTC, as far as the web processes have told.
set local role rowhouse_definer;
create or replace function auth.requests_today(tenant uuid) returns bigint
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce((
        select known.count from auth.request_counts as known
        where known.id = tenant and known.day = (now() at time zone 'UTC')::date
    ), 0)
$$;
comment on function auth.requests_today(uuid) is 'How many requests a tenant has made today.';
reset role;
