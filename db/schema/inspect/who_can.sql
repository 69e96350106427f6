-- Who can? Asked for a table: the database roles that can do something with it, under which condition, and what permissions
-- that takes. Asked for a permission (in our database): the roles of each tenant that hold it, and how many members that is.
--
-- what:    a table, with its schema; or the name of a permission
-- command: for a table, one command only; by default each
create or replace function inspect.who_can(what text, command text default null)
    returns table (who text, may text, condition text, in_words text, permissions text[], members bigint)
    language plpgsql stable parallel unsafe security invoker
    set search_path = ''
as $$
declare
    -- MyShop.notes will do for "MyShop".notes.
    asked text := coalesce((
        select relation.table_name from inspect.tables as relation join pg_catalog.pg_class on pg_class.oid = relation.relation
        where what in (relation.table_name, relation.schema_name || '.' || relname)
        limit 1
    ), what);
begin
    if exists (select from inspect.tables where table_name = asked) then
        return query
            select
                access.role_name, access.command,
                inspect.tidy(case
                    when access.using_expression is null or access.using_expression = access.check_expression then coalesce(access.check_expression, access.reach)
                    when access.check_expression is null then access.using_expression
                    else format('using (%s) with check (%s)', access.using_expression, access.check_expression)
                end),
                concat_ws('; new rows: ',
                    coalesce(inspect.in_words(access.using_expression), case when access.check_expression is null then access.reach end),
                    case when access.check_expression is distinct from access.using_expression then inspect.in_words(access.check_expression) end),
                coalesce(rules.permissions, '{}'),
                null::bigint
            from inspect.tables as relation
            join inspect.access as access on access.table_name = relation.table_name
            left join inspect.policies as rules
                on rules.table_name = access.table_name and rules.role_name = access.role_name and rules.command = access.command
            where relation.table_name = asked
                and access.command = coalesce(lower(who_can.command), access.command) and access.reach <> 'none'
            order by access.role_name, access.command;
    elsif to_regprocedure('inspect.holders(text)') is not null then
        return query execute
            'select format(''%s: %s'', slug, role_name), $1, null::text, null::text, array[$1], members from inspect.holders($1)'
            using what;
        if not found then
            raise exception using errcode = 'RH400', message = format('%s is neither a table (with its schema) nor a permission that any role holds', what);
        end if;
    else
        raise exception using errcode = 'RH400', message = format('there is no table %s; name it with its schema', what);
    end if;
end
$$;
comment on function inspect.who_can(text, text) is
    'Who can do what with a table, and on which condition; or which roles of which tenants hold a permission, and how many members that is.';
