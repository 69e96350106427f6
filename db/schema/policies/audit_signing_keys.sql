select context.close_table('audit.signing_keys');
create or replace trigger only_grows before delete or truncate on audit.signing_keys
    for each statement execute function audit.refuse_change();

grant select (id, origin, public_key, endorsement, number, created_at) on audit.signing_keys to rowhouse_auditor;
create policy "auditors know the keys of checkpoints" on audit.signing_keys
    for select to rowhouse_auditor using (true);
comment on policy "auditors know the keys of checkpoints" on audit.signing_keys is
    'Their public halves. Whoever wants more than the database''s word has them from elsewhere.';

-- The definer's reach: signing, and rotation.
grant select, insert on audit.signing_keys to rowhouse_definer;
create policy "checkpoints have their keys" on audit.signing_keys
    for all to rowhouse_definer using (true) with check (true);
comment on policy "checkpoints have their keys" on audit.signing_keys is
    'jobs.audit_keys() and jobs.install_audit_key(). The private halves are encrypted under a master key that is not in the database.';
