-- expect: foreign table sample.t0073
create extension postgres_fdw with schema extensions;
create server t0073_elsewhere foreign data wrapper postgres_fdw;
create foreign table sample.t0073 (note text) server t0073_elsewhere;
comment on foreign table sample.t0073 is 'Notes kept elsewhere.';
-- broken
grant select on sample.t0073 to sample_app;
