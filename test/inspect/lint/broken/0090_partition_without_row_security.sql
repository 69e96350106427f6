-- expect: sample.t0090_all
select workshop.make('t0090_scheme');
create table sample.t0090 (like sample.t0090_scheme including all) partition by hash (tenant_id);
create table sample.t0090_all partition of sample.t0090 for values with (modulus 1, remainder 0);
alter table sample.t0090 owner to sample_owner;
alter table sample.t0090_all owner to sample_owner;
alter table sample.t0090 enable row level security;
alter table sample.t0090 force row level security;
alter table sample.t0090_all enable row level security;
alter table sample.t0090_all force row level security;
comment on table sample.t0090 is 'Closed. Not audited: a sample.';
-- broken
alter table sample.t0090_all no force row level security;
