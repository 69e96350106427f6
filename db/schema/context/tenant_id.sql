-- The caller's tenant, or null outside the door.
--
-- Like its sisters it is bound when it is made, and without a `set`, so that a policy calls context.open_seal() at once.
create or replace function context.tenant_id() returns uuid
    language sql stable parallel restricted security invoker
    return context.tenant_in(context.open_seal());
grant execute on function context.tenant_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.tenant_id() is 'The caller''s tenant, or null outside the door.';
