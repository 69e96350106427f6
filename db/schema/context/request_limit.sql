-- How many requests a minute the caller's API key is good for: what it says, and no more than what its tenant's plan
-- gives each key; null where neither says anything, and for a session. It is asked
-- together with the door, once a minute and process, and the rate limiter keeps to it: counting here would be a write for
-- each request, and those of one key would wait for one another's.
set local role rowhouse_definer;
create or replace function context.request_limit() returns integer
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select least(mine.requests_per_minute, place.requests_per_minute)
    from context.open_seal() as body, auth.api_keys as mine
    join app.tenants as place on place.id = mine.tenant_id
    where context.kind_in(body) = 'api_key'
        and mine.tenant_id = context.tenant_in(body) and mine.id = context.credential_in(body)
$$;
grant execute on function context.request_limit() to rowhouse_app;
comment on function context.request_limit() is
    'Requests a minute that the caller''s API key is good for; null without such a limit.';
reset role;
