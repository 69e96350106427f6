-- expect: sequence sample.t0088
create sequence sample.t0088;
-- broken
grant usage on sequence sample.t0088 to sample_app;
