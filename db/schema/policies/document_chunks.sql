select context.close_table('app.document_chunks');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on app.document_chunks
    for each statement execute function audit.refuse_change();

-- Words, signs and embeddings are for the search alone.
grant select (tenant_id, id, document_id, version, live, ordinal, visibility, team_id, user_id, starts_at, ends_at, language, heading, content, sha256, model, created_at) on app.document_chunks to rowhouse_app;

create policy "nothing crosses the wall" on app.document_chunks
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.document_chunks is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members read passages of their tenant" on app.document_chunks
    for select to rowhouse_app
    using (visibility = 'tenant' and tenant_id = (select context.tenant_where('read_documents')) and live);
comment on policy "members read passages of their tenant" on app.document_chunks is
    'What was brought in for the whole company. A guest is no part of it: read_documents is not theirs.';

create policy "members of a team read its passages" on app.document_chunks
    for select to rowhouse_app
    using (team_id = any ((select context.teams('read_documents'))::uuid[]) and live);
comment on policy "members of a team read its passages" on app.document_chunks is
    'Whoever leaves the team reads nothing of it from the next transaction on, also of what they brought in.';

create policy "people read their own private passages" on app.document_chunks
    for select to rowhouse_app
    using (visibility = 'private' and user_id = (select context.user_where('chat')) and live);
comment on policy "people read their own private passages" on app.document_chunks is
    'Nobody else does: neither an administrator nor who manages documents.';

-- The definer's reach: each function names the tenant that it works in.
grant select, insert, update, delete on app.document_chunks to rowhouse_definer;
create policy "passages are made, and found for who may read them" on app.document_chunks
    for all to rowhouse_definer using (true) with check (true);
comment on policy "passages are made, and found for who may read them" on app.document_chunks is
    'context.find_passages() asks for the tenant, the visibility, the team and the user of each passage, so that an index on words can serve it; the policies above ask again. jobs.store_chunks() and jobs.finish_document(); app.carry_visibility(); jobs.erase_tenant().';
