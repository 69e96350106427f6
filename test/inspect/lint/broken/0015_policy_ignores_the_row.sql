-- expect: policy "members keep notes" on sample.t0015
select workshop.make('t0015');
-- broken
alter policy "members keep notes" on sample.t0015
    using ((select context.may('manage_tenant'))) with check ((select context.may('manage_tenant')));
