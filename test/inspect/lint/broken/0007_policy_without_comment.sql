-- expect: policy "members keep notes" on sample.t0007
select workshop.make('t0007');
-- broken
comment on policy "members keep notes" on sample.t0007 is null;
