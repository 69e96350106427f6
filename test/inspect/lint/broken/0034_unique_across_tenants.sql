-- expect: sample.t0034_note_key
-- expect: sample.t0034_lower
select workshop.make('t0034');
-- broken
alter table sample.t0034 add unique (note);
create unique index t0034_lower on sample.t0034 (lower(note)) where note <> '';
