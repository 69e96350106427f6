-- expect: sample.t0001
select workshop.make_closed('t0001');
-- broken
alter table sample.t0001 disable row level security;
