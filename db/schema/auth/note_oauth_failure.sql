-- Counts that somebody came back from a provider with something that does not hold. Who that was, nobody knows.
set local role rowhouse_definer;
create or replace function auth.note_oauth_failure(facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform audit.tally_stranger('auth.oauth_failed', auth.network((facts ->> 'ip')::inet));
end
$$;
grant execute on function auth.note_oauth_failure(jsonb) to rowhouse_auth;
comment on function auth.note_oauth_failure(jsonb) is
    'Counts, by network, that somebody came back from a provider with something that does not hold.';
reset role;
