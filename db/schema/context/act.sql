-- Names the actor for the trail while somebody signs in: identity functions have no credential yet.
-- It carries no permission, so it opens no policy.
set local role rowhouse_definer;
create or replace function context.act(person uuid, tenant uuid, facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform context.seal(context.body_of(
        row('sign_in', null, person, null, tenant, null, null, false, '{}', null, false, false, null, null, null, '{} {}')::context.holder,
        context.stated(facts)
    ));
end
$$;
comment on function context.act(uuid, uuid, jsonb) is
    'Seals a context without any permission, so that the trail can name who is signing in.';
reset role;
