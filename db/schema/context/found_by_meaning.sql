-- Passages whose embedding is near a question's. Every passage in reach is asked how many signs differ; the nearest of them, and
-- the nearest of the caller's own, are weighed exactly. There is no index that could leave one out: somebody who may see one
-- passage of ten thousand still finds it.
--
-- Embeddings of another length are of another model, and compare with nothing.
set local role rowhouse_definer;
create or replace function context.found_by_meaning(
    tenant uuid, me uuid, readable boolean, teams uuid[], private boolean, among uuid[],
    asked real[], model text, wanted integer
)
    returns table (chunk uuid, own boolean, likeness float8)
    language sql stable parallel restricted security definer
    set search_path = ''
    set plan_cache_mode = force_custom_plan
    set jit = off set enable_sort = on set enable_hashjoin = on set enable_bitmapscan = on set enable_material = on
as $$
    with compared as materialized (
        select reached.id, reached.user_id = me as own, bit_count(reached.signs # (select context.signs(asked))) as differ
        from context.reachable_chunks(tenant, me, readable, teams, private, among) as reached
        where length(reached.signs) = cardinality(asked)
            and (found_by_meaning.model is null or reached.model = found_by_meaning.model)
    ), near as materialized (
        (select * from compared order by differ, id limit greatest(wanted * 3, 120))
        union
        (select * from compared where compared.own order by differ, id limit greatest(wanted * 3, 120))
    )
    select near.id, near.own, weighed.likeness
    from near
    -- context.likeness(), in the query: called for each it would cost five times as much.
    cross join lateral (
        select sum(pair.a * pair.b) as likeness
        from app.document_chunks as known, unnest(known.embedding, asked::float8[]) as pair (a, b)
        where known.tenant_id = tenant and known.id = near.id
    ) as weighed
    order by weighed.likeness desc, near.id
$$;
comment on function context.found_by_meaning(uuid, uuid, boolean, uuid[], boolean, uuid[], real[], text, integer) is
    'Passages in somebody''s reach whose embeddings are nearest to a question''s, and the nearest of their own.';
reset role;
