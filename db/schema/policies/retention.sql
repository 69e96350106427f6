select context.close_table('audit.retention');
create or replace trigger only_grows before delete or truncate on audit.retention
    for each statement execute function audit.refuse_change();

grant select on audit.retention to rowhouse_auditor;
create policy "auditors know for how long trails are kept" on audit.retention
    for select to rowhouse_auditor using (true);
comment on policy "auditors know for how long trails are kept" on audit.retention is
    'The least is the same for every tenant, and what they decide is in their trail.';

-- The definer's reach: what is over, and the operator.
grant select, update (least_months, platform_months) on audit.retention to rowhouse_definer;
create policy "the operator says for how long trails are kept" on audit.retention
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the operator says for how long trails are kept" on audit.retention is
    'audit.set_retention(), which only the operator''s connection may call; audit.kept_months() and app.guard_retention() go by it.';
