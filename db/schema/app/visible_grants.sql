-- The grants that the caller may see, so that a page costs a page also for somebody who has none, among many: as
-- visible_conversations.sql, with the table here twice and one of the two shut.
create or replace function app.visible_grants() returns setof app.grants
    language sql stable parallel restricted security invoker
begin atomic
    select tenant_id, id, user_id, permission, reason, granted_by, created_at, ends_at
    from (
        select true as everybodys, (select context.user_id()) as reader, * from app.grants
        union all
        select false, user_id, * from app.grants
    ) as visible
    where tenant_id = (select context.tenant_id()) and reader = (select context.user_id())
        and everybodys = (select context.may('manage_users'));
end;
grant execute on function app.visible_grants() to rowhouse_app;
comment on function app.visible_grants() is
    'The grants that the caller may see: everybody''s with manage_users, else their own.';
