-- expect: sample.t0069
-- expect: sample.t0069_half
select workshop.make('t0069');
select workshop.make('t0069_half');
-- broken
drop trigger audit_changes on sample.t0069;
drop trigger audit_changes on sample.t0069_half;
create trigger audit_changes after insert or update on sample.t0069_half
    for each row execute function audit.record_change('tenant_id', 'tenant_id,id', '');
