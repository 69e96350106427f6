--! Message: tenancy

-- Schemas. What each is for: db/README.md; who may enter them: db/schema/schemas.sql.

create schema app;
create schema auth;
create schema context;
create schema audit;
create schema inspect;
create schema jobs;
create schema tenancy;

comment on schema app is 'The API: everything here is exposed through GraphQL, subject to grants and row security.';
comment on schema auth is 'Credentials and sessions. No role but the definer touches its tables.';
comment on schema context is 'The door: it turns a credential into a sealed context that every policy reads.';
comment on schema audit is 'The trail: who changed what, and when. Only grows.';
comment on schema inspect is 'The DBA''s desk: what the policies really allow.';
comment on schema jobs is 'What the worker may call.';
comment on schema tenancy is 'What an application''s own migrations call, to have tables like ours. Nobody who serves requests may enter.';

-- Nothing is executable or usable by everybody; each function file grants what it means to.
alter default privileges revoke execute on functions from public;
set local role rowhouse_definer;
alter default privileges revoke execute on functions from public;
reset role;

create schema extensions;
comment on schema extensions is 'Extensions live here, out of every search path.';
create extension pgcrypto with schema extensions;
-- For searching in documents: indexes that begin with the tenant, words without their accents, and words that are misspelt.
create extension btree_gin with schema extensions;
create extension pg_trgm with schema extensions;
create extension unaccent with schema extensions;
