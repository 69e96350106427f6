-- expect: policy "the wall again" on sample.t0021
select workshop.make('t0021');
-- broken
create policy "the wall again" on sample.t0021 as restrictive for all to sample_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "the wall again" on sample.t0021 is 'Nobody saw that it was there.';
