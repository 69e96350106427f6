-- expect: table sample.t0103
select workshop.make_closed('t0103');
-- broken
alter table sample.t0103 owner to sample_app;
