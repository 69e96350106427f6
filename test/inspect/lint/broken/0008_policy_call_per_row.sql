-- expect: policy "members keep notes" on sample.t0008
-- expect: policy "members keep notes" on sample.t0008_nested
select workshop.make('t0008');
select workshop.make('t0008_nested');
-- broken
alter policy "members keep notes" on sample.t0008
    using (tenant_id = context.tenant_id()) with check (tenant_id = context.tenant_id());
alter policy "members keep notes" on sample.t0008_nested
    using (tenant_id = (select context.tenant_id()) and (context.may('write :) {SUBLINK') or context.may('x')))
    with check (tenant_id = (select context.tenant_id()) and (context.may('write :) {SUBLINK') or context.may('x')));
