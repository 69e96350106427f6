-- expect: policy "members keep notes" on sample.t0009
-- expect: policy "members keep notes" on sample.t0009_self
select workshop.make('t0009');
select workshop.make('t0009_self');
select workshop.make('t0009_friends');
-- broken
alter policy "members keep notes" on sample.t0009
    using (tenant_id = (select context.tenant_id()) and id in (select id from sample.t0009_friends))
    with check (tenant_id = (select context.tenant_id()) and id in (select id from sample.t0009_friends));
alter policy "members keep notes" on sample.t0009_self
    using (tenant_id = (select context.tenant_id()) and exists (select from sample.t0009_self as other))
    with check (tenant_id = (select context.tenant_id()) and exists (select from sample.t0009_self as other));
