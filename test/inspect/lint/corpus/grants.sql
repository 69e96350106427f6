-- case: a table granted to everybody
-- fires: 0080
select corpus.make('shop.notes');
grant select on shop.notes to public;

-- case: a grant that no policy serves
-- fires: 0081
select corpus.make('shop.notes');
drop policy notes on shop.notes;
create policy readers on shop.notes for select to corpus_web using (tenant_id = (select ctx.tenant_id()));
comment on policy readers on shop.notes is 'Members read.';
revoke insert, update on shop.notes from corpus_web;

-- case: a policy for what nobody is granted
-- fires: 0082
select corpus.make('shop.notes');
create policy reports on shop.notes for select to corpus_report using (tenant_id = (select ctx.tenant_id()));
comment on policy reports on shop.notes is 'Reports read.';

-- case: a grant that row security does not see
-- fires: 0083
select corpus.make('shop.notes');
grant truncate on shop.notes to corpus_web;

-- case: somebody else may create in the schema
-- fires: 0086
grant create on schema shop to corpus_web;

-- case: a sequence that requests may use
-- fires: 0088
create sequence shop.numbers;
alter sequence shop.numbers owner to corpus_owner;
grant usage on sequence shop.numbers to corpus_web;

-- case: an identity column needs no grant
-- fires: nothing
select corpus.make('shop.notes', 'number integer generated always as identity,');

-- case: a partition that can be asked directly
-- fires: 0089
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
grant select on shop.visits_all to corpus_report;

-- case: rows of tenants in a publication
-- fires: 0092
select corpus.make('shop.notes');
create publication corpus_notes for table shop.notes;

-- case: a publication of some rows
-- fires: nothing
select corpus.make('shop.notes');
create publication corpus_some for table shop.notes where (tenant_id = '0195b9a0-0000-7000-8000-000000000001');

-- case: requests own a table
-- fires: 0103
select corpus.make('shop.notes');
alter table shop.notes owner to corpus_web;

-- case: select on a whole table
-- fires: 0097
select corpus.make('shop.notes');
grant select on shop.notes to corpus_web;

-- case: delete on a whole table, which is the only way
-- fires: nothing
select corpus.make('shop.notes');
grant delete on shop.notes to corpus_web;
