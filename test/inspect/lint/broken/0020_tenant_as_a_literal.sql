-- expect: policy "members keep notes" on sample.t0020
-- after: 0023 sample.t0020
select workshop.make('t0020');
-- broken
alter policy "members keep notes" on sample.t0020
    using (tenant_id = '0195b9a0-0000-7000-8000-000000000001') with check (tenant_id = '0195b9a0-0000-7000-8000-000000000001');
