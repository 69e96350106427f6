-- expect: constraint t0053_short on sample.t0053
select workshop.make('t0053');
-- broken
alter table sample.t0053 add constraint t0053_short check (length(note) < 1000) not valid;
