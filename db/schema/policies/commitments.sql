select context.close_table('audit.commitments');
create or replace trigger only_grows before delete or truncate on audit.commitments
    for each statement execute function audit.refuse_change();
create or replace trigger guard_sealed before update on audit.commitments
    for each row execute function audit.guard_sealed('salt,commitment,erased_at');

grant select on audit.commitments to rowhouse_auditor;
create policy "auditors verify what was erased" on audit.commitments
    for select to rowhouse_auditor using (true);
comment on policy "auditors verify what was erased" on audit.commitments is
    'Without the commitments an event from which something was erased leads to no leaf.';

create or replace trigger guard_expiry before delete on audit.commitments
    for each row execute function audit.guard_expiry('event_id');

-- The definer's reach: erasing, and expiring.
grant select, insert, update, delete on audit.commitments to rowhouse_definer;
create policy "what is erased leaves its commitment" on audit.commitments
    for all to rowhouse_definer using (true) with check (true);
comment on policy "what is erased leaves its commitment" on audit.commitments is
    'audit.erase_fields(), and audit.remove_expired() for what is over; the trigger guard_sealed lets a salt become a commitment, and nothing else.';
