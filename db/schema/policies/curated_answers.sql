select context.close_table('app.curated_answers');

grant select (tenant_id, id, user_id, team_id, question, answer, language, active, message_id, document_ids, document_versions, stems, created_at, updated_at) on app.curated_answers to rowhouse_app;
grant insert (team_id, question, answer, language, active, message_id, document_ids) on app.curated_answers to rowhouse_app;
grant update (team_id, question, answer, language, active, document_ids) on app.curated_answers to rowhouse_app;
grant delete on app.curated_answers to rowhouse_app;

create policy "nothing crosses the wall" on app.curated_answers
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.curated_answers is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "managers of documents read the company's answers and their teams'" on app.curated_answers
    for select to rowhouse_app
    using (
        tenant_id = (select context.tenant_where('manage_documents'))
        and (team_id is null or team_id = any ((select context.teams('read_documents'))::uuid[]))
    );
comment on policy "managers of documents read the company's answers and their teams'" on app.curated_answers is
    'Everybody else is told one with an answer, by context.begin_turn(), which asks for its documents too: a policy asks the row and looks nowhere else. A team''s are its members'', whoever manages the company''s.';

create policy "managers of documents write answers for whom they may" on app.curated_answers
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('manage_documents'))
        and (team_id is null or team_id = any ((select context.teams('read_documents'))::uuid[]))
    );
comment on policy "managers of documents write answers for whom they may" on app.curated_answers is
    'For the company, or for a team that they are in. What it rests on, the trigger prepare_curated_answer looks at; who wrote it is no input.';

create policy "managers of documents change the answers that they read" on app.curated_answers
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('manage_documents'))
        and (team_id is null or team_id = any ((select context.teams('read_documents'))::uuid[]))
    )
    with check (
        tenant_id = (select context.tenant_requiring('manage_documents'))
        and (team_id is null or team_id = any ((select context.teams('read_documents'))::uuid[]))
    );
comment on policy "managers of documents change the answers that they read" on app.curated_answers is
    'Before and after alike: nobody hands one to a team that they are not in.';

create policy "managers of documents delete the answers that they read" on app.curated_answers
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('manage_documents'))
        and (team_id is null or team_id = any ((select context.teams('read_documents'))::uuid[]))
    );
comment on policy "managers of documents delete the answers that they read" on app.curated_answers is
    'What it answered already stays said. The trail keeps that it was there.';

-- The definer's reach: each function names the tenant that it works in.
grant select, delete on app.curated_answers to rowhouse_definer;
create policy "a question finds the company's own answer" on app.curated_answers
    for select to rowhouse_definer using (true);
comment on policy "a question finds the company's own answer" on app.curated_answers is
    'context.curated_answer(), in the caller''s tenant, for context.begin_turn() and context.curated_answer_for(); and context.company_questions().';
