-- Words as an index of one person's words has them: 64 bits of a digest over tenant, person and word. The same word of somebody else is
-- another key, so that how long a search takes says nothing of what others wrote.
set local role rowhouse_definer;
create or replace function context.word_keys(tenant uuid, person uuid, words text[]) returns bigint[]
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(distinct
        ('x' || encode(substring(sha256(uuid_send(tenant) || uuid_send(person) || convert_to(word, 'UTF8')) for 8), 'hex'))::bit(64)::bigint), '{}')
    from unnest(words) as word
$$;
comment on function context.word_keys(uuid, uuid, text[]) is 'Keys of the words of one person, which are nobody else''s.';
reset role;
