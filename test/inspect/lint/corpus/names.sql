-- case: a schema in capitals
-- schema: MyShop
-- fires: 0001 0062 0070 0080
create table shop.notes (id uuid primary key, note text);
comment on table shop.notes is 'Notes.';
alter table shop.notes owner to corpus_owner;
grant select on shop.notes to corpus_web, public;
create view shop.titles as select note from shop.notes;
comment on view shop.titles is 'Titles.';
grant select on shop.titles to corpus_web;
set local role corpus_owner;
create function shop.peek() returns text language sql security definer set search_path = '' as $$ select '' $$;
grant execute on function shop.peek() to public;
comment on function shop.peek() is 'Peeks.';
reset role;

-- case: a schema with a space and a quote, as it should be
-- schema: my "own" shop
-- fires: nothing
select corpus.make('shop.notes');

-- case: a table and a column in capitals
-- fires: 0007 0091
select corpus.make('shop."Notes"', '"API_Token" text,');
comment on policy notes on shop."Notes" is null;

-- case: a policy whose name holds quotes
-- fires: 0008
select corpus.make('shop.notes');
alter policy notes on shop.notes rename to "it's ""ours"" (all)";
alter policy "it's ""ours"" (all)" on shop.notes using (tenant_id = ctx.tenant_id());

-- case: a tenant column that is no regular expression
-- settings: {"tenantColumn": "org (id"}
-- fires: 0030
create table shop.notes ("org (id" uuid not null default ctx.tenant_id(), id uuid default gen_random_uuid(), note integer, primary key ("org (id", id));
comment on table shop.notes is 'Notes.';
alter table shop.notes owner to corpus_owner;
alter table shop.notes enable row level security;
alter table shop.notes force row level security;
grant select ("org (id", id, note), insert (note) on shop.notes to corpus_web;
create policy notes on shop.notes for all to corpus_web using ("org (id" = (select ctx.tenant_id())) with check ("org (id" = (select ctx.tenant_id()));
comment on policy notes on shop.notes is 'Members keep notes.';

-- case: a tenant column in capitals, one tenant named
-- settings: {"tenantColumn": "OrgId"}
-- fires: 0020
create table shop.notes ("OrgId" uuid not null default ctx.tenant_id(), id uuid default gen_random_uuid(), note integer, primary key ("OrgId", id));
comment on table shop.notes is 'Notes.';
alter table shop.notes owner to corpus_owner;
alter table shop.notes enable row level security;
alter table shop.notes force row level security;
grant select ("OrgId", id, note), insert (note) on shop.notes to corpus_web;
create policy wall on shop.notes as restrictive for all to corpus_web
    using ("OrgId" = (select ctx.tenant_id()) and "OrgId" = (select ctx.unverified_tenant_id()))
    with check ("OrgId" = (select ctx.tenant_id()) and "OrgId" = (select ctx.unverified_tenant_id()));
comment on policy wall on shop.notes is 'Inside.';
create policy notes on shop.notes for all to corpus_web
    using ("OrgId" = (select ctx.tenant_id()) or "OrgId" = '0195b9a0-0000-7000-8000-000000000001')
    with check ("OrgId" = (select ctx.tenant_id()) or "OrgId" = '0195b9a0-0000-7000-8000-000000000001');
comment on policy notes on shop.notes is 'Members keep notes.';

-- case: a definer function whose search path names a schema with a comma
-- fires: 0061
create schema "a, b" authorization corpus_owner;
set local role corpus_owner;
create function shop.peek() returns text language sql security definer set search_path = "a, b", pg_temp as $$ select '' $$;
comment on function shop.peek() is 'Peeks.';
grant create on schema "a, b" to corpus_report;
reset role;

-- case: the same, where nobody else may create in it
-- fires: nothing
create schema "c, d" authorization corpus_owner;
set local role corpus_owner;
create function shop.peek() returns text language sql security definer set search_path = "c, d", pg_temp as $$ select '' $$;
comment on function shop.peek() is 'Peeks.';
reset role;

-- case: a wall that compares the tenant once, by a name that is no regular expression
-- settings: {"tenantColumn": "org (id"}
-- fires: 0024
create table shop.notes ("org (id" uuid not null default ctx.tenant_id(), id uuid default gen_random_uuid(), note integer, primary key ("org (id", id));
comment on table shop.notes is 'Notes.';
alter table shop.notes owner to corpus_owner;
alter table shop.notes enable row level security;
alter table shop.notes force row level security;
grant select ("org (id", id, note), insert (note) on shop.notes to corpus_web;
create policy wall on shop.notes as restrictive for all to corpus_web
    using ("org (id" = (select ctx.tenant_id())) with check ("org (id" = (select ctx.tenant_id()));
comment on policy wall on shop.notes is 'Inside.';
create policy notes on shop.notes for all to corpus_web using ("org (id" = (select ctx.tenant_id())) with check ("org (id" = (select ctx.tenant_id()));
comment on policy notes on shop.notes is 'Members keep notes.';
