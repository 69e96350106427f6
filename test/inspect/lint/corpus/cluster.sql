-- case: whatever will be made is for everybody
-- alone: default privileges are the whole database's
-- fires: 0084
alter default privileges in schema shop grant select on tables to public;

-- case: new functions are for everybody
-- alone: default privileges are the whole database's
-- fires: 0085
create role corpus_maker nologin;
grant usage, create on schema shop to corpus_maker;
set local role corpus_maker;
create function shop.peek() returns text language sql stable set search_path = '' return ''::text;
comment on function shop.peek() is 'Peeks.';
revoke execute on function shop.peek() from public;
reset role;
revoke create on schema shop from corpus_maker;

-- case: requests may make temporary tables
-- alone: it is the whole database's
-- fires: 0087
do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$;

-- case: a large object that requests may read
-- alone: large objects have no schema
-- fires: 0093
select lo_create(990100);
grant select on large object 990100 to corpus_web;

-- case: a large object that nobody is granted
-- alone: large objects have no schema
-- fires: nothing
select lo_create(990101);

-- case: triggers are silenced for a role
-- alone: roles are the whole cluster's
-- fires: 0094
alter role corpus_web set session_replication_role = replica;

-- case: a role that no policy binds, and that signs in
-- alone: roles are the whole cluster's
-- fires: 0100
create role corpus_past login bypassrls;

-- case: the same role, which nobody signs in as
-- alone: roles are the whole cluster's
-- fires: nothing
create role corpus_past nologin bypassrls;

-- case: requests may make roles
-- alone: roles are the whole cluster's
-- fires: 0101
alter role corpus_web createrole;

-- case: requests may become the owner
-- alone: roles are the whole cluster's
-- fires: 0102
select corpus.make('shop.notes');
grant corpus_owner to corpus_web;

-- case: requests may become a role that has nothing
-- alone: roles are the whole cluster's
-- fires: nothing
create role corpus_nobody nologin;
grant corpus_nobody to corpus_web;

-- case: an owner that signs in
-- alone: roles are the whole cluster's
-- fires: 0104
select corpus.make('shop.notes');
alter role corpus_owner login;

-- case: an event trigger whose function somebody else may replace
-- alone: it is the whole database's
-- fires: 0068
create function corpus.watch() returns event_trigger language plpgsql as $$ begin end $$;
alter function corpus.watch() owner to corpus_owner;
create event trigger corpus_watch on ddl_command_start execute function corpus.watch();

-- case: an event trigger of a superuser's
-- alone: it is the whole database's
-- fires: nothing
create function corpus.watch() returns event_trigger language plpgsql as $$ begin end $$;
create event trigger corpus_watch on ddl_command_end execute function corpus.watch();

-- case: requests may change the schema
-- alone: it is the whole database's
-- fires: 0096
alter event trigger corpus_refuses_ddl disable;

-- case: large objects are open to everybody
-- alone: they are the whole database's
-- fires: 0095
grant execute on function pg_catalog.lo_create(oid) to public;
