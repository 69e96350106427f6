-- served:  the policy lets in somebody else than the table's owner or an owner of SECURITY DEFINER functions,
--          whose reach is written as policies on purpose.
create or replace function inspect.checked_policies()
    returns table (
        id oid, relation oid, name text, on_table text, label text, command text, permissive boolean,
        roles oid[], served boolean, using_ text, check_ text, comment text,
        exposed boolean, tenant smallint, secured boolean
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with definers as (
        select distinct proowner as id
        from pg_catalog.pg_proc
        join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
        where prosecdef and nspname = any((select inspect.schemas())::text[]) and proowner <> all((select inspect.api_role_ids())::oid[])
    ),
    policies as (
        select
            policy.*, checked.name as table_name, checked.owner, checked.exposed, checked.tenant, checked.secured,
            pg_catalog.pg_get_expr(polqual, polrelid) as using_, pg_catalog.pg_get_expr(polwithcheck, polrelid) as check_,
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
        using_, check_, pg_catalog.obj_description(oid, 'pg_policy'),
        exposed, tenant, secured
    from policies
$$;
comment on function inspect.checked_policies() is
    'Policies of the configured schemas in words of SQL.';

-- SQL that holds a policy to the caller's tenant as well, all its conditions kept: a side that lets every row through, else
-- both. Null where the table has no tenant, or nothing tells the caller's.
create or replace function inspect.hold_to_tenant(policy oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select inspect.alter_policy(
        polname::text, polrelid::regclass::text,
        case when open_using then predicate when not open_check then inspect.requiring(using_, array[predicate]) end,
        case when open_check then predicate when not open_using then inspect.requiring(check_, array[predicate]) end
    )
    from (
        select polname, polrelid, inspect.tenant_predicate(polrelid) as predicate,
            pg_catalog.pg_get_expr(polqual, polrelid) as using_, pg_catalog.pg_get_expr(polwithcheck, polrelid) as check_
        from pg_catalog.pg_policy where oid = policy
    ) as held
    cross join lateral (
        select coalesce(inspect.constant(using_, polrelid), false) as open_using, coalesce(inspect.constant(check_, polrelid), false) as open_check
    ) as sides
    where predicate is not null
$$;
comment on function inspect.hold_to_tenant(oid) is
    'SQL that holds a policy to the caller''s tenant as well, all its conditions kept; null where nothing tells the caller''s.';

-- Reads the parse tree, where names cannot mislead: a call of a stable function outside every subselect, without a column
-- among its arguments, gives the same answer for every row and is yet made for each.
create or replace function inspect.calls_per_row(tree pg_node_tree) returns setof oid
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with tokens as materialized (
        select place, match[1] as token,
            sum(case when match[1] like '{%' then 1 when match[1] = '}' then -1 else 0 end) over (order by place) as depth
        from regexp_matches(tree::text, '(\\.|\{[A-Z_]*|\}|:funcid \d+|:funcformat \d+)', 'g') with ordinality as found (match, place)
    ),
    nodes as materialized (
        select opened.place, opened.token,
            (select min(closed.place) from tokens as closed where closed.place > opened.place and closed.depth = opened.depth - 1) as until,
            lead(opened.token) over (order by opened.place) as next,
            lead(opened.token, 2) over (order by opened.place) as form
        from tokens as opened
    )
    select distinct proc.oid
    from nodes as call
    join pg_catalog.pg_proc as proc on call.next = ':funcid ' || proc.oid and proc.provolatile = 's'
        -- Written as a call, and not as a cast.
        and call.form = ':funcformat 0'
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
