-- expect: policy "members drop notes" on sample.t0082
select workshop.make('t0082');
drop policy "members keep notes" on sample.t0082;
create policy "members read notes" on sample.t0082 for select to sample_app using (tenant_id = (select context.tenant_id()));
comment on policy "members read notes" on sample.t0082 is 'Notes are shared by all members of a tenant.';
revoke insert, update, delete on sample.t0082 from sample_app;
-- broken
create policy "members drop notes" on sample.t0082 for delete to sample_app using (tenant_id = (select context.tenant_id()));
comment on policy "members drop notes" on sample.t0082 is 'Whose time never came.';
