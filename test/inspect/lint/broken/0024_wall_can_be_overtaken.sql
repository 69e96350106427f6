-- expect: policy "nothing crosses the wall" on sample.t0024
select workshop.make('t0024');
-- broken
alter policy "nothing crosses the wall" on sample.t0024
    using (tenant_id = (select context.tenant_id())) with check (tenant_id = (select context.tenant_id()));
