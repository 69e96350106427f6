-- expect: sample.t0003
select workshop.make('t0003');
-- broken
alter table sample.t0003 disable row level security;
