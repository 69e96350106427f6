-- The answer that the caller had to a request with this key; null where none was kept, or another credential of
-- theirs had it: an API key that may do little does not read what its owner's session was told.
set local role rowhouse_definer;
create or replace function context.recall_answer(key bytea) returns text
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select mine.answer from context.idempotency_keys as mine
    where mine.tenant_id = coalesce(context.tenant_id(), audit.platform())
        and mine.user_id = context.user_id()
        and mine.key = recall_answer.key
        and mine.credential_id = context.credential_in(context.open_seal())
$$;
grant execute on function context.recall_answer(bytea) to rowhouse_app;
comment on function context.recall_answer(bytea) is
    'The (encrypted) answer to the caller''s earlier request with this Idempotency-Key, under the same credential.';
reset role;
