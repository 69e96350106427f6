create or replace function app.my_membership() returns app.memberships
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.memberships
    where tenant_id = (select context.tenant_id()) and user_id = (select context.user_id())
$$;
grant execute on function app.my_membership() to rowhouse_app;
comment on function app.my_membership() is 'The caller''s membership in the tenant of their credential.';
