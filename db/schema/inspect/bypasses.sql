-- Every way around row security that this database has, and whether it is meant to be there.
--
-- accepted is true where the way is closed by something else or belongs to the design, and because says which;
-- false where somebody should look. Nothing here is hidden because it is accepted.
create or replace view inspect.bypasses with (security_invoker = true) as
    -- Asked once: it is much work in a large schema.
    with accesses as materialized (
        select table_name, kind, role_name, command, because, reach, note from inspect.access
    ),
    roles as (
        select oid, rolname::text as role_name, rolsuper, rolbypassrls, rolcreaterole, rolreplication, rolcanlogin
        from pg_catalog.pg_roles
    ),
    -- Memberships in PostgreSQL 16 and newer carry their own options; before, the member's INHERIT decided, and SET was free.
    memberships as (
        select
            membership.member, membership.roleid,
            coalesce((to_jsonb(membership) ->> 'inherit_option')::boolean, member.rolinherit) as inherits,
            coalesce((to_jsonb(membership) ->> 'set_option')::boolean, true) as may_set,
            membership.admin_option
        from pg_catalog.pg_auth_members as membership
        join pg_catalog.pg_roles as member on member.oid = membership.member
    ),
    owners as (
        select owner_name, count(*) as tables, bool_and(forced or not row_security) as forced, bool_and(row_security) as secured
        from inspect.tables
        where kind in ('table', 'partitioned table')
        group by owner_name
    ),
    definers as (
        select
            function.*,
            owner.rolsuper or owner.rolbypassrls as unbound,
            exists (
                select from inspect.tables as owned
                where owned.kind in ('table', 'partitioned table') and owned.row_security and not owned.forced
                    and pg_catalog.pg_has_role(owner.oid, (select relowner from pg_catalog.pg_class where oid = owned.relation), 'USAGE')
            ) as owns_unforced
        from inspect.functions as function
        join roles as owner on owner.role_name = function.owner_name
        where function.security = 'definer'
    ),
    -- What the owners of definer functions reach, table by table.
    reach as (
        select role_name, string_agg(table_name || ' (' || commands || ')', ', ' order by table_name) as reach
        from (
            select access.role_name, access.table_name, string_agg(access.command, ', ' order by access.command) as commands
            from accesses as access
            where access.role_name in (select owner_name from definers)
                and access.reach in ('every row', 'rows that satisfy the policies') and access.kind <> 'table to come'
            group by access.role_name, access.table_name
        ) as lines
        group by role_name
    )
    select
        'superuser'::text as kind, 'every table'::text as object, role_name as who,
        'row security and grants do not hold a superuser'::text as why,
        oid = 10 as accepted,
        case when oid = 10 then 'the server''s own; nothing that serves requests signs in as it' end as because
    from roles where rolsuper
    union all
    select 'bypassrls', 'every table', role_name, 'the role attribute BYPASSRLS: no policy holds it', false, null
    from roles where rolbypassrls and not rolsuper
    union all
    select 'createrole', 'every role', role_name,
        case when current_setting('server_version_num')::integer < 160000
            then 'may make itself a member of any role that is no superuser' else 'may make itself a member of the roles that it administers' end,
        false, null
    from roles where rolcreaterole and not rolsuper
    union all
    select 'replication', 'every table', role_name, 'a replication connection copies every row of every database', false, null
    from roles where rolreplication and not rolsuper
    union all
    select 'predefined role', granted.rolname::text, member.role_name,
        case granted.rolname
            when 'pg_execute_server_program' then 'runs programs as the server: everything'
            when 'pg_read_server_files' then 'reads the server''s files, tables included'
            when 'pg_write_server_files' then 'writes the server''s files, tables included'
            when 'pg_read_all_data' then 'reads every table that row security does not guard'
            when 'pg_write_all_data' then 'writes every table that row security does not guard'
            when 'pg_maintain' then 'locks and rewrites every table'
            else 'creates subscriptions, which write tables'
        end, false, null
    from pg_catalog.pg_roles as granted
    join roles as member on not member.rolsuper and member.oid <> granted.oid and pg_catalog.pg_has_role(member.oid, granted.oid, 'MEMBER')
    where granted.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files',
        'pg_read_all_data', 'pg_write_all_data', 'pg_maintain', 'pg_create_subscription')
        and member.role_name !~ '^pg_'
    union all
    select 'row security off', relation.table_name, string_agg(distinct access.role_name, ', '),
        'the table has no row security: grants alone decide, and every row is there', false, null
    from inspect.tables as relation
    join accesses as access on access.table_name = relation.table_name and access.because <> 'owner'
    where relation.kind in ('table', 'partitioned table') and not relation.row_security
    group by relation.table_name
    union all
    select 'owner', owner_name || '''s ' || tables || ' tables', owner_name,
        case when not forced then 'row security is not forced: the owner sees every row'
            else 'row security is forced, but an owner can change that' end,
        forced and not role.rolcanlogin,
        case when forced and not role.rolcanlogin then 'forced, and nobody signs in as it' end
    from owners join roles as role on role.role_name = owner_name
    where not role.rolsuper
    union all
    select 'owner', owner_name || '''s ' || tables || ' tables', owner_name, 'the tables belong to a superuser', false, null
    from owners join roles as role on role.role_name = owner_name
    where role.rolsuper
    union all
    select 'membership', granted.role_name, member.role_name,
        format('%s %s', member.role_name, concat_ws(' and ',
            case when path.inherits then 'has the rights of ' || granted.role_name || ' always' end,
            case when path.may_set then 'may become ' || granted.role_name end,
            case when path.admin_option then 'may make others members' end)),
        not path.inherits and not path.admin_option and not member.rolcanlogin,
        case when not path.inherits and not path.admin_option and not member.rolcanlogin
            then 'not inherited: a deliberate SET ROLE, by a role that nobody signs in as' end
    from memberships as path
    join roles as granted on granted.oid = path.roleid
    join roles as member on member.oid = path.member
    where not member.rolsuper and granted.role_name !~ '^pg_' and (path.inherits or path.may_set or path.admin_option)
        -- A role that has nothing here is no way to anything here.
        and (
            granted.role_name in (select owner_name from owners) or granted.role_name in (select owner_name from definers)
            or granted.rolsuper or granted.rolbypassrls
            or exists (select from accesses as access where access.role_name = granted.role_name)
        )
    union all
    select 'definer function', definer.function_name,
        coalesce(nullif(array_to_string(definer.executable_by, ', '), ''), case when cardinality(definer.used_by_triggers) > 0
            then 'triggers: ' || array_to_string(definer.used_by_triggers, ', ') else definer.owner_name || ' only' end),
        format('runs as %s, who reaches %s', definer.owner_name,
            case when definer.unbound then 'every row of every table' else coalesce(reach.reach, 'no table') end),
        not definer.unbound and not definer.owns_unforced and definer.search_path is not null,
        case
            when definer.unbound then 'its owner is not held by row security'
            when definer.owns_unforced then 'its owner owns tables whose row security is not forced'
            when definer.search_path is null then 'it takes its caller''s search path, so its caller chooses what it calls'
            when definer.owner_name in (select owner_name from owners)
                then format('row security holds %s too; but it may change its tables, so read the function', definer.owner_name)
            else format('row security holds %s: the policies "to %s" are all that it reaches', definer.owner_name, definer.owner_name)
        end
    from definers as definer left join reach on reach.role_name = definer.owner_name
    union all
    select
        case relation.kind when 'view' then 'view of its owner' else relation.kind end,
        relation.table_name,
        coalesce(string_agg(distinct access.role_name, ', ') filter (where access.because <> 'owner'), relation.owner_name || ' only'),
        case relation.kind
            when 'view' then 'it asks with the rights and policies of its owner, ' || relation.owner_name
            when 'materialised view' then 'it holds rows as its owner saw them; it has no row security'
            else 'another server''s rows; it has no row security'
        end, false, null
    from inspect.tables as relation
    join pg_catalog.pg_class as class on class.oid = relation.relation
    left join accesses as access on access.table_name = relation.table_name
    where relation.kind in ('materialised view', 'foreign table')
        or relation.kind = 'view' and not coalesce(
            (select setting ~ '=(true|on|yes|1)$' from unnest(class.reloptions) as setting where setting like 'security_invoker=%'), false
        )
    group by relation.kind, relation.table_name, relation.owner_name
    union all
    select 'grant on a partition', relation.table_name, string_agg(distinct access.role_name, ', '),
        'asked directly it ignores the policies of ' || relation.child_of,
        relation.row_security,
        case when relation.row_security then 'it has row security of its own' end
    from inspect.tables as relation
    join accesses as access on access.table_name = relation.table_name
        and access.because not in ('owner', 'inherits the owner') and access.command in ('select', 'insert', 'update', 'delete')
    where relation.child_of is not null
    group by relation.table_name, relation.child_of, relation.row_security
    union all
    select 'grant of ' || access.command, access.table_name, access.role_name, access.note, false, null
    from accesses as access
    where access.command in ('truncate', 'references', 'trigger') and access.because not in ('owner', 'inherits the owner')
    union all
    select 'referential action', key.table_name || ' → ' || key.refers_to, 'whoever may delete or update there', key.risk, false, null
    from inspect.keys as key
    where key.kind = 'foreign' and key.risk like '%action%'
    union all
    select 'publication', published.schemaname || '.' || published.tablename, published.pubname,
        'a subscriber receives every row'
            || coalesce(' where ' || (to_jsonb(published) ->> 'rowfilter'), ''),
        false, null
    from pg_catalog.pg_publication_tables as published
    where published.schemaname = any((select inspect.schemas())::text[])
    union all
    select 'rule', relation.table_name || ': ' || rule.rulename, 'whoever the rule rewrites',
        'a rule''s own statements run with the rights of the table''s owner', false, null
    from pg_catalog.pg_rewrite as rule join inspect.tables as relation on relation.relation = rule.ev_class
    where rule.rulename <> '_RETURN'
    union all
    select 'leakproof function', function.function_name, coalesce(nullif(array_to_string(function.executable_by, ', '), ''), function.owner_name),
        'declared leakproof, it runs before the policies and sees rows that they hide', false, null
    from inspect.functions as function where function.leakproof
    union all
    select 'untrusted language', function.function_name, coalesce(nullif(array_to_string(function.executable_by, ', '), ''), function.owner_name),
        'written in ' || function.language || ', it can do whatever the server''s process can', false, null
    from inspect.functions as function
    join pg_catalog.pg_language as language on language.lanname = function.language
    where not language.lanpltrusted and language.lanname not in ('internal')
    union all
    select 'default privileges', access.table_name, access.role_name, access.note, false, null
    from accesses as access where access.kind = 'table to come';
comment on view inspect.bypasses is
    'Every way around row security: who it is for, what it passes, and whether it belongs to the design.';
comment on column inspect.bypasses.kind is 'superuser, bypassrls, createrole, replication, predefined role, row security off, owner, membership, definer function, view of its owner, materialised view, foreign table, grant on a partition, grant of truncate|references|trigger, referential action, publication, rule, leakproof function, untrusted language, default privileges.';
comment on column inspect.bypasses.object is 'What is passed, or what passes it.';
comment on column inspect.bypasses.who is 'Who can go this way.';
comment on column inspect.bypasses.why is 'Why it is a way around.';
comment on column inspect.bypasses.accepted is 'True where it belongs to the design or something else closes it.';
comment on column inspect.bypasses.because is 'What closes it, or what does not.';
