-- expect: function sample.t0061()
-- expect: function sample.t0061_writable()
create schema t0061_shared;
grant create on schema t0061_shared to sample_app;
select workshop.make_function('t0061', 'integer', 'select 1', 'definer');
select workshop.make_function('t0061_writable', 'integer', 'select 1', 'definer');
-- broken
alter function sample.t0061() set search_path = sample;
alter function sample.t0061_writable() set search_path = t0061_shared, pg_temp;
