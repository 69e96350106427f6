create or replace function app.support_accesses() returns setof app.support_access
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.support_of_tenant()
$$;
grant execute on function app.support_accesses() to rowhouse_app;
comment on function app.support_accesses() is
    'When the operator''s support was in the company, as whom and why, the newest first, a hundred at most; needs manage_tenant or view_audit.';
