-- Who may sit at the desk. Only in our database: elsewhere the desk is gone when the transaction ends.
--
-- What follows this file (why.sql, holders.sql) belongs to the definer and grants for itself.
grant select on all tables in schema inspect to rowhouse_auditor;

do $$
declare
    routine regprocedure;
begin
    for routine in
        select oid from pg_catalog.pg_proc
        where pronamespace = 'inspect'::regnamespace and proowner = 'rowhouse_owner'::regrole
    loop
        execute format('grant execute on function %s to rowhouse_auditor, rowhouse_definer', routine);
    end loop;
end
$$;

-- inspect.why() and inspect.holders() run as the definer, who therefore runs what the desk and the policies call.
grant usage on schema inspect to rowhouse_definer;
grant execute on function context.tenant_where(text), context.tenant_requiring(text), context.user_where(text) to rowhouse_definer;
