-- How many requests a minute the caller's API key is good for; null where it says nothing, and for a session. It is asked
-- together with the door, once a minute and process, and the rate limiter keeps to it: counting here would be a write for
-- each request, and those of one key would wait for one another's.
set local role rowhouse_definer;
create or replace function context.request_limit() returns integer
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select mine.requests_per_minute
    from auth.api_keys as mine, context.open_seal() as body
    where context.kind_in(body) = 'api_key'
        and mine.tenant_id = context.tenant_in(body) and mine.id = context.credential_in(body)
$$;
grant execute on function context.request_limit() to rowhouse_app;
comment on function context.request_limit() is
    'Requests a minute that the caller''s API key is good for; null without such a limit.';
reset role;
