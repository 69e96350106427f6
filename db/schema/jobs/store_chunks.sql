-- Stores passages of a claimed document, beside those that answer until it is finished, and lends it for another ten minutes, with what its
-- embedding holds.
--
-- chunks:   [{ordinal, heading, content, starts_at, ends_at, embedding?}, …]
-- language: of the passages, as found in them
-- model:    of the embeddings
-- progress: how far the attempt is, in percent
--
-- Returns whether the claim still holds: false is no error, and nothing was stored.
set local role rowhouse_definer;
create or replace function jobs.store_chunks(
    tenant uuid, document uuid, attempt integer, chunks jsonb, language text, model text default null, progress integer default 0
)
    returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.documents;
begin
    select * into mine from jobs.claimed_document(tenant, document, attempt);
    if not found then
        return false;
    end if;
    insert into app.document_chunks (
        tenant_id, document_id, version, attempt, ordinal, starts_at, ends_at, language, heading, content, model, embedding,
        visibility, user_id, sha256, search
    )
    select mine.tenant_id, mine.id, mine.version, mine.attempt, given.ordinal, given.starts_at, given.ends_at,
        coalesce(mine.language, store_chunks.language), coalesce(given.heading, ''), given.content,
        case when given.embedding is not null then store_chunks.model end, given.embedding,
        mine.visibility, mine.user_id, repeat('0', 64), ''::tsvector
    from jsonb_to_recordset(chunks) as given (
        ordinal integer, heading text, content text, starts_at integer, ends_at integer, embedding real[]
    );
    update auth.turns as known set lease_until = now() + interval '10 minutes'
    where known.tenant_id = mine.tenant_id and known.embeds_for = mine.id and known.settled_at is null and known.lost_at is null;
    update app.documents as known set
        progress = store_chunks.progress, due_at = now() + interval '10 minutes',
        language = coalesce(known.language, store_chunks.language)
    where known.tenant_id = mine.tenant_id and known.id = mine.id;
    return true;
end
$$;
grant execute on function jobs.store_chunks(uuid, uuid, integer, jsonb, text, text, integer) to rowhouse_worker;
comment on function jobs.store_chunks(uuid, uuid, integer, jsonb, text, text, integer) is
    'Stores passages of a claimed document; returns whether the claim still holds.';
reset role;
