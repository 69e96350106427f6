-- expect: policies on sample.t0011 for SELECT to sample_app
-- expect: policies on sample.t0011 for INSERT to sample_app
-- expect: policies on sample.t0011 for UPDATE to sample_app
-- expect: policies on sample.t0011 for DELETE to sample_app
select workshop.make('t0011');
-- broken
create policy "members keep drafts" on sample.t0011 for all to sample_app
    using (tenant_id = (select context.tenant_id()) and note = '')
    with check (tenant_id = (select context.tenant_id()) and note = '');
comment on policy "members keep drafts" on sample.t0011 is 'Drafts were once kept apart.';
