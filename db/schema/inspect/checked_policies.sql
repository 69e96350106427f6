-- served:  the policy lets in somebody else than the table's owner or an owner of SECURITY DEFINER functions,
--          whose reach is written as policies on purpose.
-- closing: SQL that shuts the hole at once: the tenant's rows only, or no policy where there is no tenant column.
create or replace function inspect.checked_policies()
    returns table (
        id oid, relation oid, name text, on_table text, label text, command text, permissive boolean,
        roles oid[], served boolean, using_ text, check_ text, comment text,
        exposed boolean, tenant smallint, secured boolean, closing text
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with definers as (
        select distinct proowner as id
        from pg_catalog.pg_proc
        where prosecdef
            and pronamespace::regnamespace::text = any(inspect.schemas()::text[])
            and proowner <> all(inspect.api_role_ids())
    ),
    policies as (
        select
            policy.*, checked.name as table_name, checked.owner, checked.exposed, checked.tenant, checked.secured,
            inspect.tenant_predicate(policy.polrelid) as predicate,
            case policy.polcmd
                when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL'
            end as command
        from pg_catalog.pg_policy as policy
        join inspect.checked_tables() as checked on checked.id = policy.polrelid
    )
    select
        oid, polrelid, polname::text, table_name, format('policy "%s" on %s', polname, table_name), command, polpermissive,
        polroles,
        exists (
            select from unnest(polroles) as role
            where role = 0 or (role <> owner and not exists (select from definers where definers.id = role))
        ),
        pg_catalog.pg_get_expr(polqual, polrelid), pg_catalog.pg_get_expr(polwithcheck, polrelid),
        pg_catalog.obj_description(oid, 'pg_policy'),
        exposed, tenant, secured,
        case
            when predicate is null then format('drop policy %I on %s;', polname, table_name)
            else format('alter policy %I on %s', polname, table_name)
                || case when command <> 'INSERT' then format(' using (%s)', predicate) else '' end
                || case when command in ('INSERT', 'UPDATE', 'ALL') then format(' with check (%s)', predicate) else '' end
                || ';'
        end
    from policies
$$;
comment on function inspect.checked_policies() is
    'Policies of the configured schemas in words of SQL, and the statement that would close each.';

-- Reads the parse tree, where names cannot mislead: a call outside every subselect, without a column among its
-- arguments, gives the same answer for every row and is yet made for each.
create or replace function inspect.calls_per_row(tree pg_node_tree) returns setof oid
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with tokens as materialized (
        select place, match[1] as token,
            sum(case when match[1] like '{%' then 1 when match[1] = '}' then -1 else 0 end) over (order by place) as depth
        from regexp_matches(tree::text, '(\\.|\{[A-Z_]*|\}|:funcid \d+)', 'g') with ordinality as found (match, place)
    ),
    nodes as materialized (
        select opened.place, opened.token,
            (select min(closed.place) from tokens as closed where closed.place > opened.place and closed.depth = opened.depth - 1) as until,
            lead(opened.token) over (order by opened.place) as next
        from tokens as opened
    )
    select distinct proc.oid
    from nodes as call
    join pg_catalog.pg_proc as proc on call.next = ':funcid ' || proc.oid and proc.provolatile <> 'i'
    where call.token = '{FUNCEXPR'
        and not exists (
            select from nodes as subselect
            where subselect.token = '{SUBLINK' and call.place between subselect.place and subselect.until
        )
        and not exists (
            select from nodes as part
            where part.token = '{VAR' and part.place between call.place and call.until
        )
$$;
comment on function inspect.calls_per_row(pg_node_tree) is
    'Functions that a policy calls once per row although their answer is the same for every row.';
