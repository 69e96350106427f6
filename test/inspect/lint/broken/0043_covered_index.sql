-- expect: sample.t0043_by_tenant
select workshop.make('t0043');
-- broken
create index t0043_by_tenant on sample.t0043 (tenant_id);
