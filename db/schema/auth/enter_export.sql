-- Enters to export: through the door, with all its live checks, as somebody who signed in lately. It is entered again before
-- each batch, because a seal lives for a minute, and a slow line longer.
set local role rowhouse_definer;
create or replace function auth.enter_export(credential bytea, facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform context.enter(credential, facts);
    perform context.require_fresh_sign_in();
end
$$;
grant execute on function auth.enter_export(bytea, jsonb) to rowhouse_auth;
comment on function auth.enter_export(bytea, jsonb) is
    'Enters through the door to export an account. Raises RH401, RH403 for an API key, RH440 for a sign-in that is not fresh.';
reset role;
