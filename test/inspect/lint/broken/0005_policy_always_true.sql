-- expect: policy "members keep notes" on sample.t0005
-- expect: policy "members keep notes" on sample.t0005_or
-- expect: policy "members keep notes" on sample.t0005_check
select workshop.make('t0005');
select workshop.make('t0005_or');
select workshop.make('t0005_check');
comment on policy "members keep notes" on sample.t0005_check is 'The check is wider on purpose.';
-- broken
alter policy "members keep notes" on sample.t0005 using (true) with check (true);
alter policy "members keep notes" on sample.t0005_or
    using (tenant_id = (select context.tenant_id()) or true) with check (tenant_id = (select context.tenant_id()) or true);
alter policy "members keep notes" on sample.t0005_check with check (1 = 1);
