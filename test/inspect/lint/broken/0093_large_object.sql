-- expect: large object 990093
select lo_create(990093);
-- broken
grant select on large object 990093 to sample_app;
