-- expect: sample.t0004
select workshop.make_closed('t0004');
-- broken
comment on table sample.t0004 is 'A table.';
