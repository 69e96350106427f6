-- expect: sample.t0097
select workshop.make('t0097');
-- broken
grant select on sample.t0097 to sample_app;
