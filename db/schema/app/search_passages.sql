-- Two checks, one after the other: context.find_passages() finds ids within what the caller may read, and row security is asked
-- for each of them here. They say the same, or one of them is broken, and then there is no answer at all: a list from
-- which something was left out in silence would hide that.
create or replace function app.search_passages(
    query text, embedding real[] default null, wanted integer default 8, tags text[] default null,
    team_id uuid default null, since timestamptz default null, until timestamptz default null, model text default null
)
    returns setof app.passage
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    found  uuid[];
    scores float8[];
    many   integer;
begin
    select coalesce(array_agg(hit.chunk order by hit.place), '{}'), array_agg(hit.score order by hit.place)
    into found, scores
    from context.find_passages(
        search_passages.query, search_passages.embedding, search_passages.model, search_passages.wanted,
        search_passages.tags, search_passages.team_id, search_passages.since, search_passages.until
    ) with ordinality as hit (chunk, score, place);

    return query
    select passage.id, passage.document_id, passage.version, document.title, passage.ordinal, passage.heading,
        passage.content, array_position(found, passage.id), scores[array_position(found, passage.id)], passage.sha256
    from app.document_chunks as passage
    join app.documents as document on document.tenant_id = passage.tenant_id and document.id = passage.document_id
    where passage.id = any (found)
    order by 8;
    get diagnostics many = row_count;
    if many <> cardinality(found) then
        raise exception using
            errcode = 'internal_error',
            message = format('row security shows %s of the %s passages that were found', many, cardinality(found));
    end if;
end
$$;
grant execute on function app.search_passages(text, real[], integer, text[], uuid, timestamptz, timestamptz, text) to rowhouse_app;
comment on function app.search_passages(text, real[], integer, text[], uuid, timestamptz, timestamptz, text) is
    'The passages of documents that the caller may read which answer a question best: 8 of them, or up to 50.';
