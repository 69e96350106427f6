-- case: a tenant's table as it should be
-- fires: nothing
select corpus.make('shop.notes');

-- case: a table that requests read, without row security
-- fires: 0001
create table shop.notes (id uuid primary key, note text);
comment on table shop.notes is 'Notes.';
alter table shop.notes owner to corpus_owner;
grant select on shop.notes to corpus_web;

-- case: a superuser's table that nobody is granted
-- fires: nothing
create table shop.schema_migrations (version text primary key);
comment on table shop.schema_migrations is 'Which migrations ran.';

-- case: a table of an owner whom nobody can be, without a grant
-- fires: nothing
create table shop.jobs (id uuid primary key);
comment on table shop.jobs is 'Jobs.';
create role corpus_hermit nologin;
alter table shop.jobs owner to corpus_hermit;

-- case: a grant to a role that may not enter the schema
-- fires: nothing
create table shop.jobs (id uuid primary key);
comment on table shop.jobs is 'Jobs.';
grant select on shop.jobs to corpus_report;

-- case: row security that is not forced on an ordinary owner
-- fires: 0002
select corpus.make('shop.notes');
alter table shop.notes no force row level security;

-- case: row security that is not forced on a superuser, whom forcing would not hold
-- fires: nothing
select corpus.make('shop.notes');
alter table shop.notes owner to postgres;
alter table shop.notes no force row level security;

-- case: policies on a table whose row security is off
-- fires: 0003
select corpus.make('shop.notes');
alter table shop.notes disable row level security;

-- case: a closed table that does not say so
-- fires: 0004
create table shop.secrets (id uuid primary key);
comment on table shop.secrets is 'Secrets.';
alter table shop.secrets owner to corpus_owner;
alter table shop.secrets enable row level security;
alter table shop.secrets force row level security;

-- case: a closed table that says so
-- fires: nothing
create table shop.secrets (id uuid primary key);
comment on table shop.secrets is 'Closed: only maintenance reads it.';
alter table shop.secrets owner to corpus_owner;
alter table shop.secrets enable row level security;
alter table shop.secrets force row level security;

-- case: only a wall, and nothing that it stands around
-- fires: 0023
select corpus.make('shop.notes');
drop policy notes on shop.notes;

-- case: a partition whose own row security is off
-- fires: 0090
select corpus.make('shop.scheme');
create table shop.visits (like shop.scheme including all) partition by hash (tenant_id);
create table shop.visits_all partition of shop.visits for values with (modulus 1, remainder 0);
alter table shop.visits owner to corpus_owner;
alter table shop.visits_all owner to corpus_owner;
alter table shop.visits enable row level security;
alter table shop.visits force row level security;
comment on table shop.visits is 'Closed.';

-- case: a partition that is closed as it should be
-- fires: nothing
select corpus.make('shop.scheme');
create table shop.visits (like shop.scheme including all) partition by hash (tenant_id);
create table shop.visits_all partition of shop.visits for values with (modulus 1, remainder 0);
alter table shop.visits owner to corpus_owner;
alter table shop.visits_all owner to corpus_owner;
alter table shop.visits enable row level security;
alter table shop.visits force row level security;
alter table shop.visits_all enable row level security;
alter table shop.visits_all force row level security;
comment on table shop.visits is 'Closed.';
