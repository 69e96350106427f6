-- expect: sample.t0050
select workshop.make('t0050');
create index t0050_by_note on sample.t0050 (tenant_id, note);
-- broken
alter table sample.t0050 drop constraint t0050_pkey;
