-- expect: sample.t0002
select workshop.make('t0002');
-- broken
alter table sample.t0002 no force row level security;
