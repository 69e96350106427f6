select context.close_table('app.documents');
-- One member may have most of a tenant's documents: lists are planned for them.
select context.plan_for_largest('app.documents', 'user_id');

grant select (tenant_id, id, user_id, team_id, visibility, title, file_name, media_type, tags, language, size_bytes, sha256, version, status, failure, progress, attempt, tries, due_at, indexed_at, embedding_model, embedding_failure, created_at, updated_at) on app.documents to rowhouse_app;
grant insert (team_id, visibility, title, file_name, media_type, tags, language) on app.documents to rowhouse_app;
grant update (team_id, visibility, title, tags) on app.documents to rowhouse_app;
grant delete on app.documents to rowhouse_app;

create policy "nothing crosses the wall" on app.documents
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.documents is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members read documents of their tenant" on app.documents
    for select to rowhouse_app
    using (visibility = 'tenant' and tenant_id = (select context.tenant_where('read_documents')));
comment on policy "members read documents of their tenant" on app.documents is
    'What was brought in for the whole company. A guest is no part of it: read_documents is not theirs.';

create policy "members of a team read its documents" on app.documents
    for select to rowhouse_app
    using (team_id = any ((select context.teams('read_documents'))::uuid[]));
comment on policy "members of a team read its documents" on app.documents is
    'Whoever leaves the team reads nothing of it from the next transaction on, also of what they brought in.';

create policy "people read their own private documents" on app.documents
    for select to rowhouse_app
    using (visibility = 'private' and user_id = (select context.user_where('chat')));
comment on policy "people read their own private documents" on app.documents is
    'Nobody else does: neither an administrator nor who manages documents.';

create policy "people bring documents for whom they may" on app.documents
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and case visibility
            when 'tenant' then tenant_id = (select context.tenant_requiring('manage_documents'))
            when 'team' then team_id = any ((select context.teams('read_documents'))::uuid[])
            else true
        end
    );
comment on policy "people bring documents for whom they may" on app.documents is
    'For themselves, for a team that they are in, and with manage_documents for the company. Always as themselves: the user is no input.';

create policy "documents are changed by who brought them, the company's by its managers" on app.documents
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case visibility
            when 'tenant' then tenant_id = (select context.tenant_requiring('manage_documents'))
            when 'team' then team_id = any ((select context.teams('read_documents'))::uuid[])
                and case
                    when user_id = (select context.user_id()) then true
                    else tenant_id = (select context.tenant_requiring('manage_documents'))
                end
            else user_id = (select context.user_where('chat'))
        end
    )
    with check (
        tenant_id = (select context.tenant_id())
        and case visibility
            when 'tenant' then tenant_id = (select context.tenant_requiring('manage_documents'))
            when 'team' then team_id = any ((select context.teams('read_documents'))::uuid[])
                and case
                    when user_id = (select context.user_id()) then true
                    else tenant_id = (select context.tenant_requiring('manage_documents'))
                end
            else user_id = (select context.user_where('chat'))
        end
    );
comment on policy "documents are changed by who brought them, the company's by its managers" on app.documents is
    'Before and after alike: whoever shows one to more people must be allowed to. A team''s is changed by who brought it, and by managers of documents who are in the team. A case, so that a missing permission is named.';

create policy "documents are deleted by who may change them" on app.documents
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case visibility
            when 'tenant' then tenant_id = (select context.tenant_requiring('manage_documents'))
            when 'team' then team_id = any ((select context.teams('read_documents'))::uuid[])
                and case
                    when user_id = (select context.user_id()) then true
                    else tenant_id = (select context.tenant_requiring('manage_documents'))
                end
            else user_id = (select context.user_where('chat'))
        end
    );
comment on policy "documents are deleted by who may change them" on app.documents is
    'With all its versions, contents and passages, by the foreign keys: nothing of it can be read or found from then on. The trail keeps that it was there.';

-- The definer's reach: each function names the tenant that it works in.
grant select, insert, update, delete on app.documents to rowhouse_definer;
create policy "the queue, the search and the erasure know documents" on app.documents
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the queue, the search and the erasure know documents" on app.documents is
    'Retrieval and the queue: context.find_passages(), context.document_to_change(), jobs.claim_document() and what follows it; jobs.queue_outdated(); auth.watch_subscriptions(); auth.export_account() and jobs.delete_account(); jobs.erase_tenant().';
