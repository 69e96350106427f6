-- expect: delete on sample.t0081 for sample_app
select workshop.make('t0081');
drop policy "members keep notes" on sample.t0081;
create policy "members read notes" on sample.t0081 for select to sample_app using (tenant_id = (select context.tenant_id()));
comment on policy "members read notes" on sample.t0081 is 'Notes are shared by all members of a tenant.';
revoke insert, update, delete on sample.t0081 from sample_app;
-- broken
grant delete on sample.t0081 to sample_app;
