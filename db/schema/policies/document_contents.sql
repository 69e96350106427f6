select context.close_table('app.document_contents');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on app.document_contents
    for each statement execute function audit.refuse_change();

-- Only to be read: context.keep_pieces() makes them.
grant select (tenant_id, id, document_id, version, piece, content, visibility, team_id, user_id) on app.document_contents to rowhouse_app;

create policy "nothing crosses the wall" on app.document_contents
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.document_contents is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members read contents of their tenant" on app.document_contents
    for select to rowhouse_app
    using (visibility = 'tenant' and tenant_id = (select context.tenant_where('read_documents')));
comment on policy "members read contents of their tenant" on app.document_contents is
    'What was brought in for the whole company. A guest is no part of it: read_documents is not theirs.';

create policy "members of a team read its contents" on app.document_contents
    for select to rowhouse_app
    using (team_id = any ((select context.teams('read_documents'))::uuid[]));
comment on policy "members of a team read its contents" on app.document_contents is
    'Whoever leaves the team reads nothing of it from the next transaction on, also of what they brought in.';

create policy "people read their own private contents" on app.document_contents
    for select to rowhouse_app
    using (visibility = 'private' and user_id = (select context.user_where('chat')));
comment on policy "people read their own private contents" on app.document_contents is
    'Nobody else does: neither an administrator nor who manages documents.';

-- The definer's reach: each function names the tenant that it works in.
grant select, insert, update, delete on app.document_contents to rowhouse_definer;
create policy "contents are kept, and read by who indexes them" on app.document_contents
    for all to rowhouse_definer using (true) with check (true);
comment on policy "contents are kept, and read by who indexes them" on app.document_contents is
    'context.keep_pieces(); jobs.read_document(), for the version that was claimed; app.carry_visibility(); jobs.read_version() and jobs.move_to_storage(), which move them; jobs.erase_tenant().';
