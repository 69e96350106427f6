-- expect: sample.t0051
select workshop.make('t0051');
-- broken
alter table sample.t0051 set unlogged;
