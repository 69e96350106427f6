-- expect: sample.t0001
select workshop.make_closed('t0001');
grant select on sample.t0001 to sample_app;
-- broken
alter table sample.t0001 disable row level security;
