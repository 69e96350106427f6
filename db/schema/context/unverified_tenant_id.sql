-- What the variable says the caller's tenant is, before anybody has checked the seal: never enough by itself. The wall
-- compares it with what context.tenant_id() says after the check, which PostgreSQL does before it reads a row (db/README.md,
-- "The wall"). A value that is no UUID is null, so that refusing is left to the check.
create or replace function context.unverified_tenant_id() returns uuid
    language sql stable parallel safe security invoker
begin atomic
    select case when pg_catalog.pg_input_is_valid(claimed, 'uuid') then claimed::uuid end
    from (select substr(current_setting('rowhouse.context', true), 73, 36)) as variable (claimed);
end;
grant execute on function context.unverified_tenant_id() to rowhouse_app, rowhouse_definer;
comment on function context.unverified_tenant_id() is
    'What the context says the caller''s tenant is, its seal unchecked. Only the wall uses it, beside context.tenant_id().';
