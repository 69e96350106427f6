-- expect: policy "members keep notes" on sample.t0017
select workshop.make('t0017');
-- broken
alter policy "members keep notes" on sample.t0017 to public;
