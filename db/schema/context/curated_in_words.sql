-- A curated answer as a turn says it: whose it is, its words, and what it rests on, with what each document is called now.
set local role rowhouse_definer;
create or replace function context.curated_in_words(given app.curated_answers) returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'id', given.id, 'teamId', given.team_id, 'answer', given.answer,
        'sources', coalesce(jsonb_agg(
            jsonb_build_object('documentId', source.id, 'version', source.version, 'title', document.title) order by source.place
        ) filter (where source.id is not null), '[]')
    )
    from (select) as one
    left join (
        unnest(given.document_ids, given.document_versions) with ordinality as source (id, version, place)
        join app.documents as document on document.tenant_id = given.tenant_id and document.id = source.id
    ) on true
$$;
comment on function context.curated_in_words(app.curated_answers) is
    'A curated answer as a turn says it: {id, teamId, answer, sources: [{documentId, version, title}]}.';
reset role;
