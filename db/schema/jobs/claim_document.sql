-- One document that waits to be read, for whoever asks, and for nobody else in the next ten minutes; if the process dies with
-- it, another one has it then. A tenant's oldest first, and tenants by lot, so that one with ten thousand keeps nobody waiting.
--
-- What comes back of a claim names its attempt: one that another has taken over, or whose document got a new version or is
-- gone, changes nothing.
--
-- minutes: for how long it is lent; jobs.store_chunks() lends it anew
set local role rowhouse_definer;
create or replace function jobs.claim_document(minutes integer default 10)
    returns table (
        tenant uuid, document uuid, version integer, attempt integer, title text, file_name text, media_type text,
        size_bytes integer, language text, object_key text, sha256 text
    )
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.documents;
begin
    select known.* into mine
    from (
        select distinct on (waiting.tenant_id) waiting.tenant_id
        from app.documents as waiting where waiting.due_at <= now()
    ) as place
    cross join lateral (
        select oldest.* from app.documents as oldest
        where oldest.tenant_id = place.tenant_id and oldest.due_at <= now()
        order by oldest.due_at, oldest.id
        limit 1
        for no key update skip locked
    ) as known
    order by random()
    limit 1;
    if not found then
        return;
    end if;
    if mine.tries >= 5 then
        perform jobs.fail_document(mine.tenant_id, mine.id, mine.attempt, 'given_up');
        return query select * from jobs.claim_document(minutes);
        return;
    end if;
    delete from app.document_chunks as stale
    where stale.tenant_id = mine.tenant_id and stale.document_id = mine.id and not stale.live;
    return query
    update app.documents as known set
        status = 'processing', progress = 0, attempt = known.attempt + 1, tries = known.tries + 1,
        due_at = now() + make_interval(mins => minutes)
    where known.tenant_id = mine.tenant_id and known.id = mine.id
    returning known.tenant_id, known.id, known.version, known.attempt, known.title, known.file_name, known.media_type,
        known.size_bytes,
        coalesce(known.language, (select place.language from app.tenants as place where place.id = known.tenant_id)),
        (
            select kept.object_key from app.document_versions as kept
            where kept.tenant_id = known.tenant_id and kept.document_id = known.id and kept.version = known.version
        ), known.sha256;
end
$$;
grant execute on function jobs.claim_document(integer) to rowhouse_worker;
comment on function jobs.claim_document(integer) is
    'One document that waits to be read, lent to whoever asks, with the number of the attempt and where its bytes are; after five it has failed.';
reset role;
