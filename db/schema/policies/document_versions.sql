select context.close_table('app.document_versions');

-- Only to be read: context.place_version() makes them.
grant select (tenant_id, id, document_id, version, created_by, file_name, media_type, size_bytes, sha256, object_key, created_at, visibility, team_id, user_id) on app.document_versions to rowhouse_app;

create policy "nothing crosses the wall" on app.document_versions
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.document_versions is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members read versions of their tenant" on app.document_versions
    for select to rowhouse_app
    using (visibility = 'tenant' and tenant_id = (select context.tenant_where('read_documents')));
comment on policy "members read versions of their tenant" on app.document_versions is
    'What was brought in for the whole company. A guest is no part of it: read_documents is not theirs.';

create policy "members of a team read its versions" on app.document_versions
    for select to rowhouse_app
    using (team_id = any ((select context.teams('read_documents'))::uuid[]));
comment on policy "members of a team read its versions" on app.document_versions is
    'Whoever leaves the team reads nothing of it from the next transaction on, also of what they brought in.';

create policy "people read their own private versions" on app.document_versions
    for select to rowhouse_app
    using (visibility = 'private' and user_id = (select context.user_where('chat')));
comment on policy "people read their own private versions" on app.document_versions is
    'Nobody else does: neither an administrator nor who manages documents.';

-- The definer's reach: each function names the tenant that it works in.
grant select, insert, update, delete on app.document_versions to rowhouse_definer;
create policy "versions are kept and counted" on app.document_versions
    for all to rowhouse_definer using (true) with check (true);
comment on policy "versions are kept and counted" on app.document_versions is
    'context.place_version(); jobs.move_to_storage() and jobs.move_to_database(); app.guard_storage() sums up what a tenant stores; app.carry_visibility(); jobs.erase_tenant().';
