-- expect: sample.t0033
-- expect: sample.t0033_last
select workshop.make('t0033');
create index t0033_by_tenant on sample.t0033 (tenant_id, note);
select workshop.make('t0033_last');
create index t0033_last_by_tenant on sample.t0033_last (tenant_id, note);
-- broken
alter table sample.t0033 drop constraint t0033_pkey, add primary key (id);
alter table sample.t0033_last drop constraint t0033_last_pkey, add primary key (id, tenant_id);
