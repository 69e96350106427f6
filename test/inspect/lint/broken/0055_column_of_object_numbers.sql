-- expect: sample.t0055.handler
select workshop.make('t0055');
-- broken
alter table sample.t0055 add column handler regprocedure;
