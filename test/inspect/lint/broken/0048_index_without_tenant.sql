-- expect: sample.t0048_by_note
select workshop.make('t0048');
-- broken
create index t0048_by_note on sample.t0048 (note);
