-- The passages that answer a question best, of those that the caller may read; ids only, which row security checks again
-- (app.search_passages).
--
-- By words and, where there is an embedding, by meaning; what is spelt nearly like it where words find nothing. The lists
-- are fused by reciprocal rank (Cormack and others, 2009): a passage gets 1 / (60 + its place) of each. The caller's own documents
-- are lists of their own, at half the weight, so that a large company does not drown them. Who keeps a profile gets what
-- is near to it moved up, by a tenth at most.
--
-- A session of the application's has sorting, hashing and bitmaps switched off, for the sake of lists (PLANNING, in
-- src/database/session_settings.ts). An index on words is read by bitmaps or not at all, and what is found is ranked: here, and in
-- all that finds, they are on.
--
-- Raises RH403 without chat. Documents are filtered by when they were brought.
set local role rowhouse_definer;
create or replace function context.find_passages(
    question text, embedding real[], model text, wanted integer, tags text[], team uuid, since timestamptz, until timestamptz
)
    returns table (chunk uuid, score float8)
    language plpgsql stable parallel restricted security definer
    set search_path = ''
    set jit = off set enable_sort = on set enable_hashjoin = on set enable_bitmapscan = on set enable_material = on
as $$
declare
    tenant   constant uuid := context.tenant_requiring('chat');
    me       constant uuid := context.user_id();
    readable constant boolean := context.may('read_documents');
    teams    constant uuid[] := context.teams('read_documents');
    asked    constant real[] := context.unit(embedding);
    number   constant integer := least(greatest(coalesce(wanted, 8), 1), 50);
    depth    constant integer := least(greatest(number * 4, 40), 200);
    words    constant text := left(coalesce(question, ''), 4000);
    among    uuid[];
    profile  app.user_profiles;
begin
    if tags is not null or team is not null or since is not null or until is not null then
        among := array(
            select known.id from app.documents as known
            where known.tenant_id = tenant
                and (find_passages.tags is null or known.tags && find_passages.tags)
                and (find_passages.team is null or known.team_id = find_passages.team)
                and (since is null or known.created_at >= since)
                and (until is null or known.created_at < until)
        );
    end if;
    select * into profile from app.user_profiles as known
    where known.tenant_id = tenant and known.user_id = me and known.enabled
        and cardinality(known.embedding) = cardinality(asked)
        and (find_passages.model is null or known.model = find_passages.model);

    return query
    with words as materialized (
        select * from context.found_by_words(tenant, me, readable, teams, true, among, words, depth)
    ), letters as materialized (
        select * from context.found_by_letters(tenant, me, readable, teams, true, among, words, depth)
        where (select count(*) from words) < case when asked is null then number else 1 end
    ), meant as materialized (
        select * from context.found_by_meaning(tenant, me, readable, teams, true, among, asked, model, depth)
        where asked is not null
    ), listed as (
        select listed.chunk, 1.0::float8 as worth, row_number() over (order by listed.weight desc, listed.chunk) as place
        from words as listed
        union all
        select listed.chunk, 0.5, row_number() over (order by listed.weight desc, listed.chunk)
        from words as listed where listed.own
        union all
        select listed.chunk, 0.7, row_number() over (order by listed.weight desc, listed.chunk)
        from letters as listed
        union all
        select listed.chunk, 1.0, row_number() over (order by listed.likeness desc, listed.chunk)
        from meant as listed
        union all
        select listed.chunk, 0.5, row_number() over (order by listed.likeness desc, listed.chunk)
        from meant as listed where listed.own
    ), fused as (
        select listed.chunk, sum(listed.worth / (60 + listed.place)) as score
        from listed where listed.place <= depth
        group by listed.chunk
    )
    select fused.chunk, fused.score * (1 + 0.1 * greatest(coalesce((
        select sum(pair.a::float8 * pair.b)
        from app.document_chunks as near, unnest(near.embedding, profile.embedding) as pair (a, b)
        where profile.id is not null and near.tenant_id = tenant and near.id = fused.chunk
            and cardinality(near.embedding) = cardinality(profile.embedding)
    ), 0), 0)) as weighed
    from fused
    order by weighed desc, fused.chunk
    limit number;
end
$$;
grant execute on function context.find_passages(text, real[], text, integer, text[], uuid, timestamptz, timestamptz) to rowhouse_app;
comment on function context.find_passages(text, real[], text, integer, text[], uuid, timestamptz, timestamptz) is
    'The ids of the passages in the caller''s reach that answer a question best, with their scores. Raises RH403.';
reset role;
