-- expect: policy "members keep notes" on sample.t0016
select workshop.make('t0016');
select workshop.make_function('t0016_tenant', 'uuid', 'select null::uuid');
alter policy "members keep notes" on sample.t0016
    using (tenant_id = (select sample.t0016_tenant())) with check (tenant_id = (select sample.t0016_tenant()));
-- broken
alter function sample.t0016_tenant() volatile;
