-- expect: trigger audit_changes on sample.t0067
select workshop.make('t0067');
-- broken
alter table sample.t0067 disable trigger audit_changes;
