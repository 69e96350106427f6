-- expect: sample.t0032.tenant_id for sample_app
-- expect: sample.t0032_table.tenant_id for sample_app
select workshop.make('t0032');
select workshop.make('t0032_table');
-- broken
grant insert (tenant_id) on sample.t0032 to sample_app;
grant insert, update on sample.t0032_table to sample_app;
