-- expect: policy "members keep notes" on sample.t0014
select workshop.make('t0014');
-- broken
alter policy "members keep notes" on sample.t0014
    using ((select context.user_id()) is null or tenant_id = (select context.tenant_id()))
    with check ((select context.user_id()) is null or tenant_id = (select context.tenant_id()));
