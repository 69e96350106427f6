-- expect: policy "members keep notes" on sample.t0010
select workshop.make('t0010');
-- broken
alter policy "members keep notes" on sample.t0010
    using (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid))
    with check (tenant_id = (select nullif(current_setting('app.tenant_id', true), '')::uuid));
