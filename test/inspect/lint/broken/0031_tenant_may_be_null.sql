-- expect: sample.t0031.tenant_id
-- beside: 0033 sample.t0031
select workshop.make('t0031');
create index t0031_by_tenant on sample.t0031 (tenant_id, note);
alter table sample.t0031 drop constraint t0031_pkey, add primary key (id);
alter table sample.t0031 alter column tenant_id set not null;
-- broken
alter table sample.t0031 alter column tenant_id drop not null;
