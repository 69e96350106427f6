-- Says that the attempt which claimed a key is over, and keeps its answer for the next one who asks with it.
-- answer: encrypted by the server; null where it must not be repeated (it says that something was away).
set local role rowhouse_definer;
create or replace function context.finish_attempt(key bytea, attempt uuid, answer text) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update context.idempotency_keys as mine
    set answer = finish_attempt.answer, finished_at = clock_timestamp()
    where mine.tenant_id = coalesce(context.tenant_id(), audit.platform())
        and mine.user_id = context.user_id()
        and mine.key = finish_attempt.key
        and mine.attempt = finish_attempt.attempt
        and mine.finished_at is null
$$;
grant execute on function context.finish_attempt(bytea, uuid, text) to rowhouse_app;
comment on function context.finish_attempt(bytea, uuid, text) is
    'Ends the caller''s own attempt under an Idempotency-Key and keeps its (encrypted) answer. Once only.';
reset role;
