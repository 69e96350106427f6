select context.close_table('audit.leaves');
create or replace trigger only_grows before delete or truncate on audit.leaves
    for each statement execute function audit.refuse_change();
create or replace trigger guard_sealed before update on audit.leaves
    for each row execute function audit.guard_sealed('salt');

grant select on audit.leaves to rowhouse_auditor;
create policy "auditors verify every leaf" on audit.leaves
    for select to rowhouse_auditor using (true);
comment on policy "auditors verify every leaf" on audit.leaves is
    'rowhouse audit verify. The salt tells nothing to who reads the event beside it.';

create or replace trigger guard_expiry before delete on audit.leaves
    for each row execute function audit.guard_expiry('event_id');

-- The definer's reach: sealing, erasing, expiring, proofs.
grant select, insert, update, delete on audit.leaves to rowhouse_definer;
create policy "leaves are sealed, found and forgotten" on audit.leaves
    for all to rowhouse_definer using (true) with check (true);
comment on policy "leaves are sealed, found and forgotten" on audit.leaves is
    'audit.seal() adds them, audit.erase_fields() forgets salts, audit.remove_expired() removes those of what is over (the trigger guard_expiry lets no others go), audit.prove_event() finds one of the caller''s tenant; the trigger guard_sealed lets nothing else be changed.';
