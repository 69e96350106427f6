-- Whether row security holds a role on a table, in PostgreSQL's own order (utils/misc/rls.c).
create or replace function inspect.row_security_of(target oid, caller oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select case
        when not relation.relrowsecurity then 'off'
        when role.rolsuper or role.rolbypassrls then 'bypassed'
        when pg_catalog.pg_has_role(caller, relation.relowner, 'USAGE') and not relation.relforcerowsecurity then 'not forced'
        else 'holds'
    end
    from pg_catalog.pg_class as relation, pg_catalog.pg_roles as role
    where relation.oid = target and role.oid = caller
$$;
comment on function inspect.row_security_of(oid, oid) is
    'holds; off (the table has none); bypassed (superuser or BYPASSRLS); not forced (the role owns the table or inherits its owner).';
