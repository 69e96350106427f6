-- Who may enter which schema: all of it, so that a replay gives back what was lost and takes away what was added.
revoke all on schema app, auth, context, audit, jobs, inspect, tenancy
    from public, rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_auditor, rowhouse_definer;

grant usage on schema app, context to rowhouse_app;
grant usage on schema auth, context to rowhouse_auth;
grant usage on schema jobs, context to rowhouse_worker;
grant usage on schema app, audit, inspect, context to rowhouse_auditor;
grant usage on schema audit, auth to rowhouse_app;
grant usage on schema app, auth, context, audit, jobs, tenancy to rowhouse_definer;
grant usage on schema extensions to rowhouse_definer;

-- What /readyz and rowhouse migrate ask about the history of this database.
grant usage on schema graphile_migrate to rowhouse_definer;
grant select on graphile_migrate.migrations, graphile_migrate.current to rowhouse_definer;
