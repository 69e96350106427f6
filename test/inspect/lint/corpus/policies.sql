-- case: a policy that is always true
-- fires: 0005
select corpus.make('shop.notes');
alter policy notes on shop.notes using (true) with check (true);

-- case: one that is true by arithmetic
-- fires: 0005
select corpus.make('shop.notes');
alter policy notes on shop.notes using (1 = 1) with check (1 = 1);

-- case: "or true" at the end
-- fires: 0005
select corpus.make('shop.notes');
alter policy notes on shop.notes using (note = 'x' or true) with check (note = 'x' or true);

-- case: "or true" inside a condition that is joined by AND opens nothing
-- fires: nothing
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and (note = '' or true)) with check (tenant_id = (select ctx.tenant_id()) and (note = '' or true));

-- case: a column compared with itself
-- fires: 0005
select corpus.make('shop.notes');
alter policy notes on shop.notes using (tenant_id = tenant_id) with check (tenant_id = tenant_id);

-- case: a column that may not be null, asked whether it is
-- fires: 0005
select corpus.make('shop.notes');
alter policy notes on shop.notes using (tenant_id is not null) with check (tenant_id is not null);

-- case: a column that may be null, asked whether it is
-- fires: nothing
select corpus.make('shop.notes', 'published timestamptz,');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and published is not null) with check (tenant_id = (select ctx.tenant_id()) and published is not null);

-- case: the words "or true" in a literal
-- fires: nothing
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and note <> 'x OR true') with check (tenant_id = (select ctx.tenant_id()) and note <> 'x OR true');

-- case: only the check is always true, and the comment does not say why
-- fires: 0005 0012
select corpus.make('shop.notes');
alter policy notes on shop.notes with check (true);

-- case: a permissive policy that nothing passes
-- fires: 0006 0011
select corpus.make('shop.notes');
create policy never on shop.notes for select to corpus_web using (tenant_id is null);
comment on policy never on shop.notes is 'Left over.';

-- case: a policy that is false in its own words
-- fires: 0006
select corpus.make('shop.notes');
create policy never on shop.notes for select to corpus_web using (false);
comment on policy never on shop.notes is 'Left over.';

-- case: a policy without a comment
-- fires: 0007
select corpus.make('shop.notes');
comment on policy notes on shop.notes is null;

-- case: a function of the caller that is asked for every row
-- fires: 0008
select corpus.make('shop.notes');
alter policy notes on shop.notes using (tenant_id = ctx.tenant_id()) with check (tenant_id = ctx.tenant_id());

-- case: one asked for every row, whose name is no regular expression
-- fires: 0008
select corpus.make('shop.notes');
create function shop."who (am i"() returns uuid language sql stable set search_path = '' as 'select null::uuid';
alter function shop."who (am i"() owner to corpus_owner;
comment on function shop."who (am i"() is 'The caller.';
revoke execute on function shop."who (am i"() from public;
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and id = shop."who (am i"()) with check (tenant_id = (select ctx.tenant_id()) and id = shop."who (am i"());

-- case: a function of the row is asked for every row, as it must be
-- fires: nothing
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and ctx.role_of(tenant_id, id) = 'member')
    with check (tenant_id = (select ctx.tenant_id()) and ctx.role_of(tenant_id, id) = 'member');

-- case: an immutable function needs no subselect
-- fires: nothing
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and lower(note) = lower('A')) with check (tenant_id = (select ctx.tenant_id()) and lower(note) = lower('A'));

-- case: a policy that looks a membership up
-- fires: 0009
select corpus.make('shop.members');
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and id in (select id from shop.members)) with check (tenant_id = (select ctx.tenant_id()) and id in (select id from shop.members));

-- case: a policy that trusts a setting, and has another condition
-- fires: 0010
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid) and note <> 'hidden')
    with check (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid) and note <> 'hidden');

-- case: the words current_setting( in a literal
-- fires: nothing
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and note <> 'current_setting(') with check (tenant_id = (select ctx.tenant_id()) and note <> 'current_setting(');

-- case: two permissive policies for one command
-- fires: 0011
select corpus.make('shop.notes');
create policy public_notes on shop.notes for select to corpus_web using (tenant_id = (select ctx.tenant_id()) and note = 'public');
comment on policy public_notes on shop.notes is 'What is public.';

-- case: two permissive policies for different commands
-- fires: nothing
select corpus.make('shop.notes');
drop policy notes on shop.notes;
create policy readers on shop.notes for select to corpus_web using (tenant_id = (select ctx.tenant_id()));
comment on policy readers on shop.notes is 'Members read.';
create policy writers on shop.notes for insert to corpus_web with check (tenant_id = (select ctx.tenant_id()));
comment on policy writers on shop.notes is 'Members write.';
create policy changers on shop.notes for update to corpus_web using (tenant_id = (select ctx.tenant_id())) with check (tenant_id = (select ctx.tenant_id()));
comment on policy changers on shop.notes is 'Members change.';
create policy removers on shop.notes for delete to corpus_web using (tenant_id = (select ctx.tenant_id()));
comment on policy removers on shop.notes is 'Members remove.';

-- case: a check that demands less than using
-- fires: 0012
select corpus.make('shop.notes');
alter policy notes on shop.notes using (tenant_id = (select ctx.tenant_id()) and note <> 'locked');

-- case: a check that demands more than using
-- fires: nothing
select corpus.make('shop.notes');
alter policy notes on shop.notes with check (tenant_id = (select ctx.tenant_id()) and note <> 'locked');

-- case: a check that is one of using's alternatives
-- fires: nothing
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and (note = 'a' or note = 'b')) with check (tenant_id = (select ctx.tenant_id()) and note = 'a');

-- case: an update policy that leaves its check unsaid
-- fires: 0013 0081
select corpus.make('shop.notes');
drop policy notes on shop.notes;
create policy readers on shop.notes for select to corpus_web using (tenant_id = (select ctx.tenant_id()));
comment on policy readers on shop.notes is 'Members read.';
create policy changers on shop.notes for update to corpus_web using (tenant_id = (select ctx.tenant_id()));
comment on policy changers on shop.notes is 'Members change.';

-- case: whoever is not signed in sees everything
-- fires: 0014
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using ((select ctx.user_id()) is null or tenant_id = (select ctx.tenant_id())) with check ((select ctx.user_id()) is null or tenant_id = (select ctx.tenant_id()));

-- case: an empty setting sees everything
-- fires: 0010 0014
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using ((select current_setting('app.job', true)) = '' or tenant_id = (select ctx.tenant_id()))
    with check ((select current_setting('app.job', true)) = '' or tenant_id = (select ctx.tenant_id()));

-- case: a column that is null, beside another alternative
-- fires: nothing
select corpus.make('shop.notes', 'deleted timestamptz, owner uuid,');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and (lower(deleted::text) is null or owner = (select ctx.user_id())))
    with check (tenant_id = (select ctx.tenant_id()) and (lower(deleted::text) is null or owner = (select ctx.user_id())));

-- case: a caller who is null, under AND
-- fires: nothing
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and (select ctx.user_id()) is null) with check (tenant_id = (select ctx.tenant_id()) and (select ctx.user_id()) is null);

-- case: a policy that asks about the caller only
-- fires: 0015
select corpus.make('shop.notes');
alter policy notes on shop.notes using ((select ctx.may('read'))) with check ((select ctx.may('read')));

-- case: the same on a table of no tenant
-- fires: nothing
create table shop.countries (code text primary key, name text not null);
comment on table shop.countries is 'Countries, for administrators.';
alter table shop.countries owner to corpus_owner;
alter table shop.countries enable row level security;
alter table shop.countries force row level security;
grant select on shop.countries to corpus_web;
create policy admins on shop.countries for select to corpus_web using ((select ctx.may('admin')));
comment on policy admins on shop.countries is 'Administrators read.';

-- case: a catalogue that everybody reads
-- fires: 0005
create table shop.countries (code text primary key, name text not null);
comment on table shop.countries is 'Countries.';
alter table shop.countries owner to corpus_owner;
alter table shop.countries enable row level security;
alter table shop.countries force row level security;
grant select on shop.countries to corpus_web;
create policy everybody on shop.countries for select to corpus_web using (true);
comment on policy everybody on shop.countries is 'Everybody reads.';

-- case: a volatile function in a policy
-- fires: 0016
select corpus.make('shop.notes');
alter policy notes on shop.notes using (tenant_id = (select ctx.tenant_id()) and random() < 0.5) with check (tenant_id = (select ctx.tenant_id()) and random() < 0.5);

-- case: a policy for everybody
-- fires: 0017
select corpus.make('shop.notes');
alter policy notes on shop.notes to public;

-- case: a restrictive policy for everybody holds everybody
-- fires: nothing
select corpus.make('shop.notes');
alter policy wall on shop.notes to public;

-- case: a policy that compares with the database user
-- fires: 0019
select corpus.make('shop.notes');
alter policy notes on shop.notes using (tenant_id = (select ctx.tenant_id()) and note = current_user) with check (tenant_id = (select ctx.tenant_id()) and note = current_user);

-- case: CURRENT_USER in a literal
-- fires: nothing
select corpus.make('shop.notes');
alter policy notes on shop.notes using (tenant_id = (select ctx.tenant_id()) and note = 'CURRENT_USER') with check (tenant_id = (select ctx.tenant_id()) and note = 'CURRENT_USER');

-- case: a back door for one tenant
-- fires: 0020
select corpus.make('shop.notes');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) or tenant_id = '0195b9a0-0000-7000-8000-000000000001')
    with check (tenant_id = (select ctx.tenant_id()) or tenant_id = '0195b9a0-0000-7000-8000-000000000001');

-- case: another column compared with a constant
-- fires: nothing
select corpus.make('shop.notes', 'other_tenant_id uuid,');
alter policy notes on shop.notes
    using (tenant_id = (select ctx.tenant_id()) and other_tenant_id = '0195b9a0-0000-7000-8000-000000000001')
    with check (tenant_id = (select ctx.tenant_id()) and other_tenant_id = '0195b9a0-0000-7000-8000-000000000001');

-- case: the same policy twice
-- fires: 0021
select corpus.make('shop.notes');
create policy again on shop.notes as restrictive for all to corpus_web
    using (tenant_id = (select ctx.tenant_id()) and tenant_id = (select ctx.unverified_tenant_id()))
    with check (tenant_id = (select ctx.tenant_id()) and tenant_id = (select ctx.unverified_tenant_id()));
comment on policy again on shop.notes is 'Again.';

-- case: a policy that trusts what users write into their token
-- fires: 0022
select corpus.make('shop.notes');
create function shop.token() returns jsonb language sql stable set search_path = '' as $$ select '{}'::jsonb $$;
alter function shop.token() owner to corpus_owner;
revoke execute on function shop.token() from public;
comment on function shop.token() is 'The token.';
alter policy notes on shop.notes
    using (tenant_id = ((select shop.token()) -> 'user_metadata' ->> 'tenant')::uuid) with check (tenant_id = ((select shop.token()) -> 'user_metadata' ->> 'tenant')::uuid);

-- case: what an administrator writes into a token
-- fires: nothing
select corpus.make('shop.notes');
create function shop.token() returns jsonb language sql stable set search_path = '' as $$ select '{}'::jsonb $$;
alter function shop.token() owner to corpus_owner;
revoke execute on function shop.token() from public;
comment on function shop.token() is 'The token.';
alter policy notes on shop.notes
    using (tenant_id = ((select shop.token()) -> 'app_metadata' ->> 'tenant')::uuid) with check (tenant_id = ((select shop.token()) -> 'app_metadata' ->> 'tenant')::uuid);

-- case: a definer's policy that is always true
-- fires: nothing
select corpus.make('shop.notes');
create role corpus_definer nologin;
grant usage, create on schema shop to corpus_definer;
set local role corpus_definer;
create function shop.total() returns bigint language sql stable security definer set search_path = '' as 'select 1::bigint';
comment on function shop.total() is 'A total.';
revoke execute on function shop.total() from public;
reset role;
revoke create on schema shop from corpus_definer;
alter default privileges for role corpus_definer revoke execute on functions from public;
grant select on shop.notes to corpus_definer;
create policy reach on shop.notes for select to corpus_definer using (true);
comment on policy reach on shop.notes is 'The reach of definer functions.';
