-- expect: policy "members keep notes" on sample.t0012
select workshop.make('t0012');
-- broken
alter policy "members keep notes" on sample.t0012 using (tenant_id = (select context.tenant_id()) and note <> 'locked');
