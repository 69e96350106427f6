-- expect: large objects
-- expect: statistics
-- broken
grant execute on function pg_catalog.lo_create(oid), pg_catalog.lo_get(oid) to public;
grant select on pg_catalog.pg_stat_user_tables to public;
