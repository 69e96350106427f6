-- What is really possible: grants and row security together, and what default privileges give on tables to come.
create or replace view inspect.access with (security_invoker = true) as
    with commands (name, on_columns, place) as (
        values ('select', true, 1), ('insert', true, 2), ('update', true, 3), ('delete', false, 4),
            ('truncate', false, 5), ('references', true, 6), ('trigger', false, 7), ('maintain', false, 8)
    ),
    allowed as (
        select
            relation.*, role.oid as role, role.rolname::text as role_name, command.name as command,
            -- The privilege MAINTAIN came with PostgreSQL 17.
            case when command.name <> 'maintain' or current_setting('server_version_num')::integer >= 170000
                then pg_catalog.has_table_privilege(role.oid, relation.relation, command.name)
            end as whole_table,
            case when command.on_columns
                then array(
                    select attname::text from pg_catalog.pg_attribute
                    where attrelid = relation.relation and attnum > 0 and not attisdropped
                        and pg_catalog.has_column_privilege(role.oid, relation.relation, attnum, command.name)
                    order by attnum
                )
            end as columns,
            pg_catalog.has_schema_privilege(role.oid, relation.schema_name, 'usage') as may_enter
        from inspect.tables as relation
        cross join pg_catalog.pg_roles as role
        cross join commands as command
        where not role.rolsuper and role.rolname !~ '^pg_'
    )
    select
        allowed.table_name,
        allowed.kind,
        allowed.role_name,
        allowed.command,
        case when allowed.whole_table then null else allowed.columns end as columns,
        case
            when pg_catalog.pg_get_userbyid(relation.relowner) = allowed.role_name then 'owner'
            when pg_catalog.pg_has_role(allowed.role, relation.relowner, 'USAGE') then 'inherits the owner'
            else (
                select string_agg(distinct case
                    when entry.grantee = 0 then 'public'
                    when entry.grantee = allowed.role then 'granted'
                    else 'inherits ' || pg_catalog.pg_get_userbyid(entry.grantee)
                end, ', ')
                from (
                    select grantee, privilege_type from aclexplode(relation.relacl)
                    union all
                    select grantee, privilege_type from pg_catalog.pg_attribute cross join aclexplode(attacl)
                    where attrelid = allowed.relation and not attisdropped
                ) as entry
                where lower(entry.privilege_type) = allowed.command
                    and (entry.grantee = 0 or pg_catalog.pg_has_role(allowed.role, entry.grantee, 'USAGE'))
            )
        end as because,
        case
            when not allowed.may_enter then 'none'
            when allowed.command in ('truncate', 'references', 'trigger', 'maintain') then 'outside row security'
            when allowed.kind in ('view', 'materialised view', 'foreign table') then 'as the relation says'
            when rules.row_security <> 'holds' then 'every row'
            when 'false' in (rules.using_expression, rules.check_expression) then 'none'
            when rules.row_security is null then 'none'
            when coalesce(rules.using_expression, 'true') = 'true' and coalesce(rules.check_expression, 'true') = 'true' then 'every row'
            else 'rows that satisfy the policies'
        end as reach,
        rules.using_expression,
        rules.check_expression,
        case
            when not allowed.may_enter then 'no USAGE on the schema: the grant is asleep, but views and functions of others may wake it'
            when allowed.command = 'truncate' then 'TRUNCATE asks no policy'
            when allowed.command = 'references' then 'a foreign key tells whether a row exists, whatever the policies say'
            when allowed.command = 'trigger' then 'a trigger runs inside other people''s statements'
            when allowed.command = 'maintain' then 'locks and rewrites, but reads nothing out'
            when allowed.kind = 'materialised view' then 'it holds what its owner saw when it was refreshed; row security does not apply'
            when allowed.kind = 'foreign table' then 'row security does not apply; the other server decides'
            when allowed.kind = 'view' and coalesce('security_invoker=true' = any (relation.reloptions) or 'security_invoker=on' = any (relation.reloptions), false)
                then 'asks as its caller: see the tables under it'
            when allowed.kind = 'view' then 'asks as its owner, ' || allowed.owner_name || ': their policies apply, not the caller''s'
            when allowed.child_of is not null then 'asked directly it has only its own policies, not those of ' || allowed.child_of
            else rules.note
        end as note
    from allowed
    join pg_catalog.pg_class as relation on relation.oid = allowed.relation
    left join inspect.policies as rules
        on rules.table_name = allowed.table_name and rules.role_name = allowed.role_name and rules.command = allowed.command
    where coalesce(allowed.whole_table, false) or cardinality(allowed.columns) > 0
    union all
    select
        coalesce(quote_ident(namespace.nspname) || '.*', '*.*'),
        'table to come',
        case entry.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(entry.grantee)::text end,
        lower(entry.privilege_type),
        null,
        'default privileges of ' || pg_catalog.pg_get_userbyid(defaults.defaclrole),
        'every row',
        null,
        null,
        'every table that ' || pg_catalog.pg_get_userbyid(defaults.defaclrole) || ' will make is open like this until row security is enabled on it'
    from pg_catalog.pg_default_acl as defaults
    left join pg_catalog.pg_namespace as namespace on namespace.oid = defaults.defaclnamespace
    cross join aclexplode(defaults.defaclacl) as entry
    where defaults.defaclobjtype = 'r' and entry.grantee <> defaults.defaclrole
        and (namespace.nspname is null or namespace.nspname = any((select inspect.schemas())::text[]));
comment on view inspect.access is
    'Table × role × command: what is really possible, with grants, columns, inheritance and row security together. No line: not possible. Superusers are in inspect.bypasses.';
comment on column inspect.access.table_name is 'The table; schema.* stands for tables to come, by default privileges.';
comment on column inspect.access.kind is 'table, partitioned table, view, materialised view, foreign table, or table to come.';
comment on column inspect.access.role_name is 'Who.';
comment on column inspect.access.command is 'select, insert, update, delete, truncate, references, trigger or maintain.';
comment on column inspect.access.columns is 'The columns that are granted; null for the whole table.';
comment on column inspect.access.because is 'owner, granted, public, inherits <role>, or default privileges.';
comment on column inspect.access.reach is 'every row; rows that satisfy the policies; none; outside row security; as the relation says (views and the like).';
comment on column inspect.access.using_expression is 'Which rows the command finds.';
comment on column inspect.access.check_expression is 'Which new rows it may leave behind.';
comment on column inspect.access.note is 'What else to know.';
