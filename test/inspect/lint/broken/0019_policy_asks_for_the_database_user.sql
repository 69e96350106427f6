-- expect: policy "members keep notes" on sample.t0019
select workshop.make('t0019');
-- broken
alter policy "members keep notes" on sample.t0019
    using (tenant_id = (select context.tenant_id()) and note = current_user)
    with check (tenant_id = (select context.tenant_id()) and note = current_user);
