-- case: a published application: everything granted, nothing secured
-- settings: {"contextSchema": "shop"}
-- fires: 0001 0032 0040
create table shop.profiles (tenant_id uuid not null, id uuid not null, name text, primary key (tenant_id, id));
create table shop.posts (tenant_id uuid not null, id uuid not null, author_id uuid not null, body text,
    primary key (tenant_id, id), foreign key (tenant_id, author_id) references shop.profiles);
comment on table shop.profiles is 'Profiles.';
comment on table shop.posts is 'Posts.';
alter table shop.profiles owner to corpus_owner;
alter table shop.posts owner to corpus_owner;
grant select, insert, update, delete on shop.profiles, shop.posts to corpus_web;

-- case: rows of users, compared with a function of the caller, nothing forced
-- settings: {"tenantColumn": "user_id", "contextSchema": "shop"}
-- fires: 0002 0007 0008 0013 0017 0030 0032 0033 0047 0054 0097
create function shop.uid() returns uuid language sql stable set search_path = '' return nullif(current_setting('request.uid', true), '')::uuid;
alter function shop.uid() owner to corpus_owner;
revoke execute on function shop.uid() from public;
grant execute on function shop.uid() to corpus_web;
comment on function shop.uid() is 'The caller.';
create table shop.todos (id uuid primary key default gen_random_uuid(), user_id uuid not null, body text);
create index on shop.todos (user_id);
alter table shop.todos owner to corpus_owner;
alter table shop.todos enable row level security;
grant select, insert, update, delete on shop.todos to corpus_web;
create policy own on shop.todos using (shop.uid() = user_id);

-- case: integer keys, a serial and a setting
-- settings: {"tenantColumn": "company_id", "contextSchema": "shop"}
-- fires: 0002 0007 0010 0013 0017 0030 0032 0033 0041 0054 0088 0097
create table shop.invoices (id serial primary key, company_id integer not null, total numeric not null);
alter table shop.invoices owner to corpus_owner;
alter table shop.invoices enable row level security;
grant select, insert, update, delete on shop.invoices to corpus_web;
grant usage on sequence shop.invoices_id_seq to corpus_web;
create policy company on shop.invoices using (company_id = (select current_setting('app.company')::integer));

-- case: a membership that is looked up by a definer function, as is often advised
-- settings: {"tenantColumn": "org_id", "contextSchema": "shop"}
-- fires: 0047 0064 0097
create table shop.members (org_id uuid not null, user_id uuid not null, primary key (org_id, user_id));
comment on table shop.members is 'Closed: who is where.';
alter table shop.members owner to corpus_owner;
alter table shop.members enable row level security;
alter table shop.members force row level security;
set local role corpus_owner;
create function shop.my_orgs() returns uuid[] language sql stable security definer set search_path = ''
    as $$ select array(select org_id from shop.members where user_id = ctx.user_id()) $$;
comment on function shop.my_orgs() is 'The orgs of the caller.';
grant execute on function shop.my_orgs() to corpus_web;
reset role;
create table shop.docs (org_id uuid not null default (shop.my_orgs())[1], id uuid not null default gen_random_uuid(), body text, primary key (org_id, id));
comment on table shop.docs is 'Documents.';
alter table shop.docs owner to corpus_owner;
alter table shop.docs enable row level security;
alter table shop.docs force row level security;
grant select, insert (body), update (body) on shop.docs to corpus_web;
create policy wall on shop.docs as restrictive for all to corpus_web
    using (org_id = any ((select shop.my_orgs())::uuid[])) with check (org_id = any ((select shop.my_orgs())::uuid[]));
comment on policy wall on shop.docs is 'Inside.';
create policy members on shop.docs for all to corpus_web
    using (org_id = any ((select shop.my_orgs())::uuid[])) with check (org_id = any ((select shop.my_orgs())::uuid[]));
comment on policy members on shop.docs is 'Members keep documents.';
