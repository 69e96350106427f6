select context.close_table('audit.seal_mark');
create or replace trigger only_grows before delete or truncate on audit.seal_mark
    for each statement execute function audit.refuse_change();

grant select on audit.seal_mark to rowhouse_auditor;
create policy "auditors know how far the trail is sealed" on audit.seal_mark
    for select to rowhouse_auditor using (true);
comment on policy "auditors know how far the trail is sealed" on audit.seal_mark is
    'rowhouse audit verify tells events that wait from those that somebody put between.';

-- The definer's reach: sealing, erasing and expiring, one at a time.
grant select, update on audit.seal_mark to rowhouse_definer;
create policy "who seals or erases holds the mark" on audit.seal_mark
    for all to rowhouse_definer using (true) with check (true);
comment on policy "who seals or erases holds the mark" on audit.seal_mark is
    'audit.begin_work() and audit.end_work(); audit.at_work() asks whether this transaction is it.';
