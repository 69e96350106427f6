-- expect: policy "members keep notes" on sample.t0013
select workshop.make('t0013');
-- broken
drop policy "members keep notes" on sample.t0013;
create policy "members keep notes" on sample.t0013 for all to sample_app using (tenant_id = (select context.tenant_id()));
comment on policy "members keep notes" on sample.t0013 is 'Notes are shared by all members of a tenant.';
