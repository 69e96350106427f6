-- Names the actor for the trail while somebody signs in: identity functions have no credential yet.
-- It carries no permission, so it opens no policy.
set local role rowhouse_definer;
create or replace function context.act(person uuid, tenant uuid, facts jsonb) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select context.seal(jsonb_build_object(
        'kind', 'sign_in',
        'user', person,
        'tenant', tenant,
        'owner', false,
        'permissions', '[]'::jsonb,
        'request_id', facts ->> 'request_id',
        'ip', facts ->> 'ip',
        'user_agent', facts ->> 'user_agent'
    ))
$$;
comment on function context.act(uuid, uuid, jsonb) is
    'Seals a context without any permission, so that the trail can name who is signing in.';
reset role;
