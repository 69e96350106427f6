select context.close_table('audit.tiles');
create or replace trigger only_grows before delete or truncate on audit.tiles
    for each statement execute function audit.refuse_change();
create or replace trigger guard_sealed before update on audit.tiles
    for each row execute function audit.guard_sealed('hashes');

grant select on audit.tiles to rowhouse_auditor;
create policy "auditors verify every hash" on audit.tiles
    for select to rowhouse_auditor using (true);
comment on policy "auditors verify every hash" on audit.tiles is
    'rowhouse audit verify compares them with the events, and rowhouse audit export takes them along.';

-- The definer's reach: sealing, and proofs.
grant select, insert, update on audit.tiles to rowhouse_definer;
create policy "tiles fill" on audit.tiles
    for all to rowhouse_definer using (true) with check (true);
comment on policy "tiles fill" on audit.tiles is
    'audit.append_leaves() fills them and audit.subtree_hash() reads them; the trigger guard_sealed lets hashes only be added.';
