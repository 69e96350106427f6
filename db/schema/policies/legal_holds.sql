select context.close_table('audit.legal_holds');
create or replace trigger only_grows before delete or truncate on audit.legal_holds
    for each statement execute function audit.refuse_change();
create or replace trigger guard_release before update on audit.legal_holds
    for each row execute function audit.guard_release();

grant select on audit.legal_holds to rowhouse_auditor;
create policy "auditors know what is held" on audit.legal_holds
    for select to rowhouse_auditor using (true);
comment on policy "auditors know what is held" on audit.legal_holds is
    'What must not go, at whose word and why, is what they look for.';

-- The definer's reach: the operator, whoever deletes, and a company's own.
grant select, insert, update (released_by, released_at, release_reason) on audit.legal_holds to rowhouse_definer;
create policy "holds are placed, heeded and released" on audit.legal_holds
    for all to rowhouse_definer using (true) with check (true);
comment on policy "holds are placed, heeded and released" on audit.legal_holds is
    'audit.place_hold() and audit.release_hold(), which only the operator''s connection may call; audit.hold_of() tells whoever deletes; audit.holds_of_caller() shows a company its own. The trigger guard_release lets nothing else be changed.';
