-- case: a definer function that its caller can steer
-- fires: 0060
set local role corpus_owner;
create function shop.peek() returns text language sql security definer as $$ select ''::text $$;
comment on function shop.peek() is 'Peeks.';
reset role;

-- case: a definer function that everybody may call
-- fires: 0062
set local role corpus_owner;
create function shop.peek() returns text language sql security definer set search_path = '' as $$ select ''::text $$;
comment on function shop.peek() is 'Peeks.';
grant execute on function shop.peek() to public;
reset role;

-- case: a function that takes its caller's search path
-- fires: 0063
set local role corpus_owner;
create function shop.peek() returns text language sql as $$ select ''::text $$;
comment on function shop.peek() is 'Peeks.';
reset role;

-- case: a function whose body was bound when it was made
-- fires: nothing
set local role corpus_owner;
create function shop.peek() returns text language sql return ''::text;
comment on function shop.peek() is 'Peeks.';
reset role;

-- case: a definer function of the API
-- fires: 0064
set local role corpus_owner;
create function shop.peek() returns text language sql security definer set search_path = '' as $$ select ''::text $$;
comment on function shop.peek() is 'Peeks.';
grant execute on function shop.peek() to corpus_web;
reset role;

-- case: a function that everybody may call
-- fires: 0065
set local role corpus_owner;
create function shop.peek() returns text language sql set search_path = '' as $$ select ''::text $$;
comment on function shop.peek() is 'Peeks.';
grant execute on function shop.peek() to public;
reset role;

-- case: a function as it should be, for requests
-- fires: nothing
set local role corpus_owner;
create function shop.peek() returns text language sql stable set search_path = '' as $$ select ''::text $$;
comment on function shop.peek() is 'Peeks.';
grant execute on function shop.peek() to corpus_web;
reset role;

-- case: a function that is declared leakproof
-- fires: 0066
set local role corpus_owner;
create function shop.peek(integer) returns boolean language sql immutable set search_path = '' as $$ select true $$;
comment on function shop.peek(integer) is 'Peeks.';
reset role;
alter function shop.peek(integer) leakproof;

-- case: a trigger that is switched off
-- fires: 0067
select corpus.make('shop.notes');
set local role corpus_owner;
create function shop.touch() returns trigger language plpgsql set search_path = '' as $$ begin return new; end $$;
reset role;
create trigger touch before update on shop.notes for each row execute function shop.touch();
alter table shop.notes disable trigger touch;

-- case: a trigger that is on
-- fires: nothing
select corpus.make('shop.notes');
set local role corpus_owner;
create function shop.touch() returns trigger language plpgsql set search_path = '' as $$ begin return new; end $$;
reset role;
create trigger touch before update on shop.notes for each row execute function shop.touch();

-- case: a view that asks as its owner
-- fires: 0070
select corpus.make('shop.notes');
create view shop.titles as select note from shop.notes;
alter view shop.titles owner to corpus_owner;
comment on view shop.titles is 'Titles.';
grant select on shop.titles to corpus_web;

-- case: a view that asks as its caller
-- fires: nothing
select corpus.make('shop.notes');
create view shop.titles with (security_invoker = on) as select note from shop.notes;
alter view shop.titles owner to corpus_owner;
comment on view shop.titles is 'Titles.';
grant select on shop.titles to corpus_web;

-- case: a view that only its owner may read
-- fires: nothing
select corpus.make('shop.notes');
create view shop.titles as select note from shop.notes;
alter view shop.titles owner to corpus_owner;
comment on view shop.titles is 'Titles.';

-- case: a view of no table
-- fires: nothing
create view shop.versions as select current_setting('server_version') as version;
alter view shop.versions owner to corpus_owner;
comment on view shop.versions is 'Versions.';
grant select on shop.versions to corpus_web;

-- case: a rule that rewrites commands
-- fires: 0071
select corpus.make('shop.notes');
create rule keep as on delete to shop.notes do instead nothing;

-- case: a materialised view that requests may read
-- fires: 0072
select corpus.make('shop.notes');
create materialized view shop.totals as select tenant_id, count(*) as notes from shop.notes group by tenant_id;
alter materialized view shop.totals owner to corpus_owner;
comment on materialized view shop.totals is 'Totals.';
grant select on shop.totals to corpus_web;

-- case: a materialised view that nobody may read
-- fires: nothing
select corpus.make('shop.notes');
create materialized view shop.totals as select tenant_id, count(*) as notes from shop.notes group by tenant_id;
alter materialized view shop.totals owner to corpus_owner;
comment on materialized view shop.totals is 'Totals.';

-- case: a foreign table that requests may read
-- fires: 0073
create foreign data wrapper corpus_wrapper;
create server corpus_server foreign data wrapper corpus_wrapper;
create foreign table shop.elsewhere (id uuid) server corpus_server;
alter foreign table shop.elsewhere owner to corpus_owner;
comment on foreign table shop.elsewhere is 'Elsewhere.';
grant select on shop.elsewhere to corpus_web;
