select context.close_table('audit.checkpoints');
create or replace trigger only_grows before delete or truncate on audit.checkpoints
    for each statement execute function audit.refuse_change();
create or replace trigger guard_sealed before update on audit.checkpoints
    for each row execute function audit.guard_sealed('cosignatures');

grant select on audit.checkpoints to rowhouse_auditor;
create policy "auditors verify every checkpoint" on audit.checkpoints
    for select to rowhouse_auditor using (true);
comment on policy "auditors verify every checkpoint" on audit.checkpoints is
    'rowhouse audit verify and rowhouse audit checkpoint.';

-- The definer's reach: signing, and proofs.
grant select, insert, update on audit.checkpoints to rowhouse_definer;
create policy "checkpoints are signed, cosigned and anchored" on audit.checkpoints
    for all to rowhouse_definer using (true) with check (true);
comment on policy "checkpoints are signed, cosigned and anchored" on audit.checkpoints is
    'jobs.keep_checkpoint() and jobs.note_anchored(); audit.checkpoint_of_caller() and audit.prove_event() show the caller''s tenant its own. The trigger guard_sealed lets none be rewritten.';
