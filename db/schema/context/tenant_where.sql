-- For policies that hide: `tenant_id = (select context.tenant_where('chat'))`. In a scalar subselect it
-- runs once per query and the comparison can use an index that begins with tenant_id.
create or replace function context.tenant_where(permission text) returns uuid
    language sql stable parallel restricted security invoker
    return context.tenant_in(context.open_seal(permission));
grant execute on function context.tenant_where(text) to rowhouse_app, rowhouse_worker;
comment on function context.tenant_where(text) is
    'The caller''s tenant if they hold the permission there, else null: a policy that compares with it hides.';
