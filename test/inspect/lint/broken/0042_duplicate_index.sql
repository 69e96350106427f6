-- expect: sample.t0042_again
select workshop.make('t0042');
create index t0042_by_note on sample.t0042 (tenant_id, note);
-- broken
create index t0042_again on sample.t0042 (tenant_id, note);
