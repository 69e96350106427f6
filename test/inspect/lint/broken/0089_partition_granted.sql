-- expect: sample.t0089_all
select workshop.make('t0089_scheme');
create table sample.t0089 (like sample.t0089_scheme including all) partition by hash (tenant_id);
create table sample.t0089_all partition of sample.t0089 for values with (modulus 1, remainder 0);
alter table sample.t0089 enable row level security;
alter table sample.t0089 force row level security;
alter table sample.t0089_all enable row level security;
alter table sample.t0089_all force row level security;
comment on table sample.t0089 is 'Closed. Not audited: a sample.';
-- broken
grant select on sample.t0089_all to sample_app;
