-- Schemas, and who may enter them. What each is for: db/README.md.

create schema app;
create schema auth;
create schema context;
create schema audit;
create schema inspect;
create schema jobs;

comment on schema app is 'The API: everything here is exposed through GraphQL, subject to grants and row security.';
comment on schema auth is 'Credentials and sessions. No role but the definer touches its tables.';
comment on schema context is 'The door: it turns a credential into a sealed context that every policy reads.';
comment on schema audit is 'The trail: who changed what, and when. Only grows.';
comment on schema inspect is 'The DBA''s desk: what the policies really allow.';
comment on schema jobs is 'What the worker may call.';

-- Nothing is executable or usable by everybody; each function file grants what it means to.
alter default privileges revoke execute on functions from public;
set local role rowhouse_definer;
alter default privileges revoke execute on functions from public;
reset role;

grant usage on schema app, context to rowhouse_app;
grant usage on schema auth, context to rowhouse_auth;
grant usage on schema jobs, context to rowhouse_worker;
grant usage on schema audit, inspect to rowhouse_auditor;
grant usage on schema audit to rowhouse_app;
grant usage on schema app, auth, context, audit, jobs to rowhouse_definer;

create schema extensions;
comment on schema extensions is 'Extensions live here, out of every search path.';
create extension pgcrypto with schema extensions;
grant usage on schema extensions to rowhouse_definer;

-- What /readyz and the drift check ask about the history of this database.
grant usage on schema graphile_migrate to rowhouse_definer;
grant select on graphile_migrate.migrations to rowhouse_definer;
