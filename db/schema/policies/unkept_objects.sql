select context.close_table('jobs.unkept_objects');

-- Not audited, and yet nobody empties it for all tenants at once: what it forgets is never deleted.
create or replace trigger keep_whole before truncate on jobs.unkept_objects
    for each statement execute function audit.refuse_change();

-- The definer's reach: what no version names has to go.
grant select, insert, update, delete on jobs.unkept_objects to rowhouse_definer;
create policy "what nobody keeps is deleted" on jobs.unkept_objects
    for all to rowhouse_definer using (true) with check (true);
comment on policy "what nobody keeps is deleted" on jobs.unkept_objects is
    'context.begin_object() and app.free_object() write what is to go, context.keep_stored_version() takes back what is kept, jobs.claim_objects() and jobs.settle_objects() see to it. No role reads it.';
