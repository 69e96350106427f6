select context.close_table('audit.trees');
create or replace trigger only_grows before delete or truncate on audit.trees
    for each statement execute function audit.refuse_change();
create or replace trigger guard_sealed before update on audit.trees
    for each row execute function audit.guard_sealed('size,signed_size,anchored_size,expired_size,expiry_event,removed_size');

grant select on audit.trees to rowhouse_auditor;
create policy "auditors verify every tree" on audit.trees
    for select to rowhouse_auditor using (true);
comment on policy "auditors verify every tree" on audit.trees is
    'rowhouse audit verify. How many events a tenant has is no secret to who reads them all.';

-- The definer's reach: sealing, signing, proofs.
grant select, insert, update on audit.trees to rowhouse_definer;
create policy "trees grow" on audit.trees
    for all to rowhouse_definer using (true) with check (true);
comment on policy "trees grow" on audit.trees is
    'audit.append_leaves(), jobs.keep_checkpoint() and jobs.note_anchored(); audit.declare_expiry() and audit.remove_expired() note what is over; the trigger guard_sealed lets nothing shrink.';
