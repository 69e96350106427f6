-- What row security lets a role do with a table, as PostgreSQL computes it (rewrite/rowsecurity.c): one permissive
-- policy must hold and every restrictive one. No permissive policy: nothing. A role is held by policies for itself, for
-- roles whose rights it inherits, and for public.
--
-- command is select, insert, update or delete; kind is using (rows that are there) or check (new rows).
-- Null where the command has no such side: there is nothing to see for an insert, and nothing new in a delete.
create or replace function inspect.effective(target oid, caller oid, command text, kind text) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with applicable as (
        select
            policy.polpermissive as permissive,
            policy.polname as name,
            inspect.unwrap(inspect.expression(
                case kind when 'check' then coalesce(policy.polwithcheck, policy.polqual) else policy.polqual end,
                policy.polrelid
            )) as condition
        from pg_catalog.pg_policy as policy
        where policy.polrelid = target
            and policy.polcmd in ('*', case command when 'select' then 'r' when 'insert' then 'a' when 'update' then 'w' else 'd' end)
            and exists (
                select from unnest(policy.polroles) as role
                where role = 0 or pg_catalog.pg_has_role(caller, role, 'USAGE')
            )
    ),
    one_of as (
        select string_agg(distinct ('(' || condition || ')') collate "C", ' OR ') as condition, count(distinct condition) as number
        from applicable where permissive
    ),
    all_of as (
        select string_agg(distinct ('(' || condition || ')') collate "C", ' AND ') as condition, count(distinct condition) as number
        from applicable where not permissive
    )
    select case
        when command = 'insert' and kind = 'using' or command in ('select', 'delete') and kind = 'check' then null
        -- A policy without an expression for this side counts for nothing, as in PostgreSQL.
        when one_of.condition is null then 'false'
        when all_of.condition is null then case one_of.number when 1 then inspect.unwrap(one_of.condition) else one_of.condition end
        when one_of.condition = '(true)' then case all_of.number when 1 then inspect.unwrap(all_of.condition) else all_of.condition end
        when one_of.condition = all_of.condition then inspect.unwrap(one_of.condition)
        when one_of.number = 1 then all_of.condition || ' AND ' || one_of.condition
        else all_of.condition || ' AND (' || one_of.condition || ')'
    end
    from one_of, all_of
$$;
comment on function inspect.effective(oid, oid, text, text) is
    'The predicate that row security puts before a role''s command on a table: permissive policies with OR, restrictive ones with AND.';
