-- Who somebody is, for a front end that begins: through the door, with all its live checks, so it raises RH401 as the door
-- does; RH403 for an API key.
set local role rowhouse_definer;
create or replace function auth.describe_session(credential bytea, facts jsonb) returns jsonb
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current uuid;
begin
    perform context.enter(credential, facts);
    current := context.require_session();
    return (
        select jsonb_build_object(
            'user', jsonb_build_object(
                'id', person.id, 'email', person.email, 'name', person.name, 'locale', person.locale, 'guest', person.is_guest),
            'tenant', case when tenant.id is not null then
                jsonb_build_object('id', tenant.id, 'slug', tenant.slug, 'name', tenant.name) end,
            'tenants', auth.list_tenants(person.id),
            'permissions', to_jsonb(context.permissions()),
            'amr', to_jsonb(session.methods),
            'auth_time', floor(extract(epoch from session.authenticated_at))::bigint,
            'expires_at', floor(extract(epoch from known.ends_at))::bigint
        )
        from auth.sessions as session
        join context.session_holders as known on known.digest = session.handle_digest
        join app.users as person on person.id = session.user_id
        left join app.tenants as tenant on tenant.id = session.tenant_id
        where session.id = current
    );
end
$$;
grant execute on function auth.describe_session(bytea, jsonb) to rowhouse_auth;
comment on function auth.describe_session(bytea, jsonb) is
    'User, tenant, tenants and permissions of a session, by what they signed in (amr), when (auth_time), and when it ends (expires_at). Raises RH401, and RH403 for an API key.';
reset role;
