-- Who can? Asked for a table: the database roles that can do something with it, under which condition, and what permissions
-- that takes. Asked for a permission (in our database): the roles of each company that hold it, with how many members that is now,
-- and one by one who has it for a time, which keys have it, and the operator's support while it lasts (inspect.holders).
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
        -- Members by role are counted; what ends, and what a key may do, is told one by one.
        return query execute $query$
            select told.who, $1, null::text, told.words, array[$1], case when told.are_members then count(told.holder) end
            from (
                select
                    slug || ': ' || case
                        when source = 'support' then 'support ' || holder
                        when api_key_id is not null then 'key ' || api_key_id
                        when source = 'grant' then user_id::text
                        else coalesce(role_name, 'owners')
                    end as who,
                    concat_ws(', ',
                        case source
                            when 'support' then coalesce('as ' || user_id, 'in its own name')
                            when 'grant' then 'granted by ' || granted_by
                            when 'role' then 'by the role ' || role_name
                            else 'as owners'
                        end,
                        'until ' || to_char(ends_at at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'),
                        case when reads_only then 'reading only' end,
                        case when api_key_id is not null then 'within the scopes of the key' end) as words,
                    api_key_id is null and source <> 'support' as are_members,
                    holder
                from inspect.holders($1)
            ) as told
            group by told.who, told.words, told.are_members
            order by told.who, told.words
        $query$ using what;
        if not found then
            raise exception using errcode = 'RH400', message = format('%s is neither a table (with its schema) nor a permission that any role holds', what);
        end if;
    else
        raise exception using errcode = 'RH400', message = format('there is no table %s; name it with its schema', what);
    end if;
end
$$;
comment on function inspect.who_can(text, text) is
    'Who can do what with a table, and on which condition; or who in which company holds a permission: roles with the number of members, grants and support with their end, keys.';
