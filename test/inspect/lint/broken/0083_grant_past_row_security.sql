-- expect: sample.t0083 for sample_app
select workshop.make('t0083');
-- broken
grant truncate, trigger on sample.t0083 to sample_app;
grant references (note) on sample.t0083 to sample_app;
