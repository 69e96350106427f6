-- expect: schema sample for sample_app
-- broken
grant create on schema sample to sample_app;
