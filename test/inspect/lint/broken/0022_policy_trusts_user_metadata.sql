-- expect: policy "members keep notes" on sample.t0022
-- after: 0023 sample.t0022
select workshop.make('t0022');
select workshop.make_function('t0022_token', 'jsonb', 'select ''{}''::jsonb');
-- broken
alter policy "members keep notes" on sample.t0022
    using (tenant_id = ((select sample.t0022_token()) -> 'user_metadata' ->> 'tenant')::uuid)
    with check (tenant_id = ((select sample.t0022_token()) -> 'user_metadata' ->> 'tenant')::uuid);
