-- case: a tenant's table without a wall
-- fires: 0030
select corpus.make('shop.notes');
drop policy wall on shop.notes;

-- case: a wall for reading only
-- fires: 0030
select corpus.make('shop.notes');
drop policy wall on shop.notes;
create policy wall on shop.notes as restrictive for select to corpus_web using (tenant_id = (select ctx.tenant_id()));
comment on policy wall on shop.notes is 'Whatever else is permitted, it is permitted inside.';

-- case: a wall with a gate: the tenant is one of two alternatives
-- fires: 0024 0030
select corpus.make('shop.notes');
alter policy wall on shop.notes
    using (tenant_id = (select ctx.tenant_id()) or note = 'shared') with check (tenant_id = (select ctx.tenant_id()) or note = 'shared');

-- case: a wall that says its check by leaving it out
-- fires: 0013
select corpus.make('shop.notes');
drop policy wall on shop.notes;
create policy wall on shop.notes as restrictive for all to corpus_web
    using (tenant_id = (select ctx.tenant_id()) and tenant_id = (select ctx.unverified_tenant_id()));
comment on policy wall on shop.notes is 'Whatever else is permitted, it is permitted inside.';

-- case: a wall in two ways of saying the same
-- fires: nothing
select corpus.make('shop.notes');
alter policy wall on shop.notes
    using ((tenant_id = (select ctx.tenant_id())) is true and tenant_id = (select ctx.tenant_id()))
    with check ((tenant_id = (select ctx.tenant_id())) is true and tenant_id = (select ctx.tenant_id()));

-- case: rows that may belong to no tenant
-- fires: 0031 0033
create table shop.notes (id uuid primary key, tenant_id uuid default ctx.tenant_id(), note integer);
create index on shop.notes (tenant_id);
comment on table shop.notes is 'Notes.';
alter table shop.notes owner to corpus_owner;
alter table shop.notes enable row level security;
alter table shop.notes force row level security;
grant select (id, tenant_id, note) on shop.notes to corpus_web;
create policy wall on shop.notes as restrictive for all to corpus_web
    using (tenant_id = (select ctx.tenant_id()) and tenant_id = (select ctx.unverified_tenant_id()))
    with check (tenant_id = (select ctx.tenant_id()) and tenant_id = (select ctx.unverified_tenant_id()));
comment on policy wall on shop.notes is 'Inside.';
create policy notes on shop.notes for select to corpus_web using (tenant_id = (select ctx.tenant_id()));
comment on policy notes on shop.notes is 'Members read.';

-- case: the tenant is input
-- fires: 0032
select corpus.make('shop.notes');
grant insert (tenant_id) on shop.notes to corpus_web;

-- case: the tenant may be updated
-- fires: 0032
select corpus.make('shop.notes');
grant update on shop.notes to corpus_web;

-- case: the tenant may be read, which is no input
-- fires: nothing
select corpus.make('shop.notes');
grant select (tenant_id) on shop.notes to corpus_web;

-- case: a unique key across tenants, of what requests write
-- fires: 0034
select corpus.make('shop.notes');
create unique index by_note on shop.notes (note);

-- case: a unique key across tenants, of what nobody may write
-- fires: nothing
select corpus.make('shop.notes');
create unique index by_id on shop.notes (id);

-- case: a unique key that holds the tenant last
-- fires: nothing
select corpus.make('shop.notes');
create unique index by_note on shop.notes (note, tenant_id);

-- case: a foreign key that can point into another tenant
-- fires: 0035 0040
select corpus.make('shop.notes');
alter table shop.notes add unique (id);
select corpus.make('shop.lines', 'note_id uuid references shop.notes (id),');

-- case: a foreign key within the tenant
-- fires: nothing
select corpus.make('shop.notes');
select corpus.make('shop.lines', 'note_id uuid, foreign key (tenant_id, note_id) references shop.notes,');
create index on shop.lines (tenant_id, note_id);

-- case: a cascade that crosses tenants
-- fires: 0036
select corpus.make('shop.notes');
alter table shop.notes add unique (id);
select corpus.make('shop.lines', 'note_id uuid references shop.notes (id) on delete cascade,');
create index on shop.lines (note_id, tenant_id);

-- case: a foreign key to a catalogue of no tenant
-- fires: nothing
create table shop.kinds (kind text primary key);
comment on table shop.kinds is 'Closed: kinds.';
alter table shop.kinds owner to corpus_owner;
alter table shop.kinds enable row level security;
alter table shop.kinds force row level security;
select corpus.make('shop.notes', 'kind text references shop.kinds,');
create index on shop.notes (kind, tenant_id);

-- case: a foreign key without an index
-- fires: 0040
create table shop.kinds (kind text primary key);
comment on table shop.kinds is 'Closed: kinds.';
alter table shop.kinds owner to corpus_owner;
alter table shop.kinds enable row level security;
alter table shop.kinds force row level security;
select corpus.make('shop.notes', 'kind text references shop.kinds,');

-- case: a foreign key with an index that leaves out nulls
-- fires: nothing
create table shop.kinds (kind text primary key);
comment on table shop.kinds is 'Closed: kinds.';
alter table shop.kinds owner to corpus_owner;
alter table shop.kinds enable row level security;
alter table shop.kinds force row level security;
select corpus.make('shop.notes', 'kind text references shop.kinds,');
create index on shop.notes (kind) where kind is not null;

-- case: policies on a column that no index begins with
-- fires: 0033 0041
select corpus.make('shop.notes');
alter table shop.notes drop constraint notes_pkey, add primary key (id);

-- case: the same index twice
-- fires: 0042
select corpus.make('shop.notes');
create index one on shop.notes (tenant_id, note);
create index two on shop.notes (tenant_id, note);

-- case: the same columns in another order are another index
-- fires: nothing
select corpus.make('shop.notes');
create index one on shop.notes (tenant_id, note, id);
create index two on shop.notes (note, tenant_id);

-- case: an index that a longer one begins with
-- fires: 0043
select corpus.make('shop.notes');
create index short on shop.notes (note, tenant_id);
create index long on shop.notes (note, tenant_id, id);

-- case: an index of an enum, which row security puts out of use
-- fires: 0045
create type shop.colour as enum ('red', 'green');
select corpus.make('shop.notes', 'colour shop.colour,');
create index by_colour on shop.notes (colour);

-- case: the same index where requests may not read
-- fires: nothing
create type shop.colour as enum ('red', 'green');
select corpus.make('shop.notes', 'colour shop.colour,');
create index by_colour on shop.notes (colour);
revoke all on shop.notes from corpus_web;
drop policy wall on shop.notes;
drop policy notes on shop.notes;
comment on table shop.notes is 'Closed.';

-- case: a table without a primary key
-- fires: 0050
create table shop.lines (note text);
comment on table shop.lines is 'Closed: lines.';
alter table shop.lines owner to corpus_owner;
alter table shop.lines enable row level security;
alter table shop.lines force row level security;

-- case: an unlogged table
-- fires: 0051
select corpus.make('shop.notes');
alter table shop.notes set unlogged;

-- case: a time that does not say where
-- fires: 0052
select corpus.make('shop.notes', 'made timestamp,');

-- case: a time that says where, and a day
-- fires: nothing
select corpus.make('shop.notes', 'made timestamptz, day date,');

-- case: a constraint that was never checked
-- fires: 0053
select corpus.make('shop.notes');
alter table shop.notes add constraint short check (length(note) < 100) not valid;

-- case: a table of the API without a comment
-- fires: 0054
select corpus.make('shop.notes');
comment on table shop.notes is null;

-- case: a column of object numbers
-- fires: 0055
select corpus.make('shop.notes', 'handler regproc,');

-- case: a column of relations, which pg_upgrade takes
-- fires: nothing
select corpus.make('shop.notes', 'relation regclass,');

-- case: a wall that compares the tenant once
-- fires: 0024
select corpus.make('shop.notes');
alter policy wall on shop.notes using (tenant_id = (select ctx.tenant_id())) with check (tenant_id = (select ctx.tenant_id()));

-- case: values of all tenants in the statistics
-- fires: 0047
select corpus.make('shop.notes');
alter table shop.notes alter column note set statistics -1;

-- case: the same in a column that requests may not read
-- fires: nothing
select corpus.make('shop.notes');
alter table shop.notes add column remark text;

-- case: an index of one column, without the tenant
-- fires: 0048
select corpus.make('shop.notes');
create index by_note on shop.notes (note);

-- case: an index that holds the tenant behind
-- fires: nothing
select corpus.make('shop.notes');
create index by_note on shop.notes (note, tenant_id);
