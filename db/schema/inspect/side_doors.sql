-- What PostgreSQL gives to everybody and a caller's own SQL needs nothing of: ways to learn of other people's rows, to
-- store something outside every tenant, or to get in the way. `rowhouse migrate` takes it from everybody where it runs
-- as a superuser (nobody else may), and gives it back to the roles that hold only functions.
--
-- open: whether everybody may still.
create or replace view inspect.side_doors with (security_invoker = true) as
    with functions (kind, pattern, why) as (
        values
            ('SQL in a string', '^(query|table|schema|database|cursor)_to_xml|^ts_stat$', 'runs any query from inside another'),
            ('large objects', '^(lo_|lo(read|write)$)', 'a store without tenants, row security or trail'),
            ('the write-ahead log', '^pg_logical_emit_message$|^pg_(current|last)_wal_', 'writes into the log, or tells how fast it grows'),
            ('notifications', '^pg_notify$|^pg_notification_queue_usage$', 'speaks to whoever listens, in any tenant'),
            ('advisory locks', '^pg_(try_)?advisory_(xact_)?lock', 'takes locks that all tenants share'),
            ('other sessions', '^pg_(cancel|terminate)_backend$|^pg_(stat_get_(activity|backend|progress)|lock_status|blocking_pids|safe_snapshot_blocking_pids)', 'sees or ends what other callers of the same role are doing'),
            ('statistics', '^pg_stat_get_(?!activity|backend|progress)', 'counts everybody''s rows and accesses'),
            ('prepared statements and cursors', '^pg_(prepared_statement|cursor)$', 'names what the connection holds for its next request'),
            ('transaction numbers', '^(txid_current|pg_current_xact_id|pg_current_snapshot)', 'counts everybody''s changes'),
            ('sizes', '^pg_(database|relation|table|total_relation|indexes|tablespace)_size$', 'measures everybody''s rows together')
    ),
    views (kind, pattern, why) as (
        values
            ('statistics', '^pg_(stat|statio)_(?!activity|progress|ssl|gssapi)|^pg_stats', 'counts everybody''s rows and accesses, and shows values of columns'),
            ('other sessions', '^pg_locks$|^pg_prepared_xacts$|^pg_stat_(activity|progress|ssl|gssapi)', 'sees what other callers are doing'),
            ('prepared statements and cursors', '^pg_(prepared_statements|cursors)$', 'names what the connection holds for its next request'),
            ('large objects', '^pg_largeobject_metadata$', 'lists a store without tenants')
    )
    select
        functions.kind, 'function' as object, proc.oid::regprocedure::text as name, functions.why,
        exists (
            select from pg_catalog.aclexplode(coalesce(proacl, pg_catalog.acldefault('f', proowner)))
            where grantee = 0 and privilege_type = 'EXECUTE'
        ) as open
    from pg_catalog.pg_proc as proc
    join functions on proname ~ functions.pattern or proname = 'ts_rewrite' and pronargs = 2 and functions.kind = 'SQL in a string'
    where pronamespace = 'pg_catalog'::regnamespace
    union all
    select
        views.kind, 'view', relation.oid::regclass::text, views.why,
        exists (
            select from pg_catalog.aclexplode(coalesce(relacl, pg_catalog.acldefault('r', relowner)))
            where grantee = 0 and privilege_type = 'SELECT'
        )
    from pg_catalog.pg_class as relation
    join views on relname ~ views.pattern
    where relnamespace = 'pg_catalog'::regnamespace and relkind in ('v', 'r') and relname <> 'pg_statistic'
    union all
    select
        'code of one''s own', 'language', lanname::text, 'runs loops, and catches errors to learn from them, inside one statement',
        exists (
            select from pg_catalog.aclexplode(coalesce(lanacl, pg_catalog.acldefault('l', lanowner))) where grantee = 0
        )
    from pg_catalog.pg_language
    where lanpltrusted and lanname <> 'sql';
comment on view inspect.side_doors is
    'What PostgreSQL lets everybody do past the policies, by kind, and whether this database still does.';
comment on column inspect.side_doors.kind is 'What it is about, in a few words.';
comment on column inspect.side_doors.object is 'function, view or language.';
comment on column inspect.side_doors.name is 'Its name, as grant and revoke take it.';
comment on column inspect.side_doors.why is 'What a caller could do with it.';
comment on column inspect.side_doors.open is 'Whether everybody may use it.';
