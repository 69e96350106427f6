-- expect: materialised view sample.t0072_all
select workshop.make('t0072');
create materialized view sample.t0072_all as select * from sample.t0072;
comment on materialized view sample.t0072_all is 'For the owner''s reports.';
-- broken
grant select on sample.t0072_all to sample_app;
