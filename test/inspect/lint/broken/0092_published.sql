-- expect: sample.t0092 in publication t0092
select workshop.make('t0092');
-- broken
create publication t0092 for table sample.t0092;
