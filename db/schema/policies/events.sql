select context.close_table('audit.events');

-- Nobody but the definer holds update or delete, and nobody truncate; the trigger only_grows refuses even the owner.
create or replace trigger only_grows before update or delete or truncate on audit.events
    for each statement execute function audit.refuse_change();
select audit.lock_partition(inhrelid::regclass) from pg_catalog.pg_inherits where inhparent = 'audit.events'::regclass;

grant select (
    tenant_id, id, at, action, severity, table_name, row_key, row_id, old_row, new_row, detail,
    actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
) on audit.events to rowhouse_app;
create policy "nothing crosses the wall" on audit.events
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on audit.events is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "holders of view_audit read the trail of their tenant" on audit.events
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_audit')));
comment on policy "holders of view_audit read the trail of their tenant" on audit.events is
    'Through the view app.audit_events. Events of the platform carry the nil tenant and match nobody.';

grant select on audit.events to rowhouse_auditor;
create policy "auditors read the whole trail" on audit.events
    for select to rowhouse_auditor using (true);
comment on policy "auditors read the whole trail" on audit.events is
    'rowhouse_auditor is granted to people who answer for all tenants; what else it may, functions of audit say.';

-- The definer's reach: writing the trail.
grant insert on audit.events to rowhouse_definer;
create policy "the trail is written by its triggers" on audit.events
    for insert to rowhouse_definer with check (true);
comment on policy "the trail is written by its triggers" on audit.events is
    'audit.record_change() and audit.record_event(), auth.record_reading() and auth.record_requests(). The definer reads back what one person did, for themselves, and the one row that the desk explains.';
create policy "people take what they did with them" on audit.events
    for select to rowhouse_definer
    using (actor_id = (select context.user_id()));
comment on policy "people take what they did with them" on audit.events is
    'auth.export_account(): when somebody did what, and from where; not the old and new values, which may be of others.';

-- The definer's reach: sealing.
create policy "who seals reads what is to be sealed" on audit.events
    for select to rowhouse_definer
    using ((select audit.at_work('sealing')) or (select audit.at_work('erasing')) or (select audit.at_work('expiring')));
comment on policy "who seals reads what is to be sealed" on audit.events is
    'audit.seal(), audit.erase_fields(), audit.expire() and audit.drop_before(), and in no other transaction: all hold the one mark while they are at it.';

-- The definer's reach: proofs.
create policy "holders of view_audit have events proven" on audit.events
    for select to rowhouse_definer
    using (tenant_id = (select context.tenant_where('view_audit')));
comment on policy "holders of view_audit have events proven" on audit.events is
    'audit.prove_event() and audit.exported_leaves(), for the caller''s tenant: they read it anyway.';

-- The definer's reach: sending the trail to whom a tenant says.
create policy "what is sent of a tenant's trail is that tenant's" on audit.events
    for select to rowhouse_definer
    using (tenant_id = (select context.pushed_tenant()));
comment on policy "what is sent of a tenant's trail is that tenant's" on audit.events is
    'jobs.leaves_to_push() seals whose stream the worker has in hand; in every other context it is null.';

-- The definer's reach: erasing what is of a person.
grant update (old_row, new_row, detail, request_id, ip, user_agent) on audit.events to rowhouse_definer;
create policy "who erases takes values away" on audit.events
    for update to rowhouse_definer
    using ((select audit.at_work('erasing'))) with check ((select audit.at_work('erasing')));
comment on policy "who erases takes values away" on audit.events is
    'audit.erase_fields(), and in no other transaction; the trigger guard_erasure lets a value become "[erased]" or null, and nothing else.';
create or replace trigger guard_erasure before update on audit.events
    for each row execute function audit.guard_erasure();

-- The definer's reach: what is over.
grant delete on audit.events to rowhouse_definer;
create policy "what is over goes" on audit.events
    for delete to rowhouse_definer
    using ((select audit.at_work('expiring')));
comment on policy "what is over goes" on audit.events is
    'audit.remove_expired(), and in no other transaction; the trigger guard_expiry lets only that go which a signed leaf says is over.';
create or replace trigger guard_expiry before delete on audit.events
    for each row execute function audit.guard_expiry('id');

-- The definer's reach: the desk.
grant select on audit.events to rowhouse_definer;
create policy "the desk explains one row" on audit.events
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on audit.events is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
