-- Adds up how often API keys were used, and when last. A web process counts its requests and tells many at a time, so that no
-- request waits for a write.
--
-- digests: sha256 of the keys; counts and last_used, in the same order
set local role rowhouse_definer;
create or replace function auth.record_key_usage(digests bytea[], counts bigint[], last_used timestamptz[]) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    -- In the order of their digests, so that two processes that tell of the same keys at once do not wait for each other.
    perform from auth.api_keys as known
    where known.digest in (select sha256(told) from unnest(digests) as told)
    order by known.digest
    for no key update;
    update auth.api_keys as known set
        used_count = known.used_count + told.count,
        last_used_at = greatest(known.last_used_at, least(told.last_used, now()))
    from unnest(digests, counts, last_used) as told (digest, count, last_used)
    where known.digest = sha256(told.digest);
end
$$;
grant execute on function auth.record_key_usage(bytea[], bigint[], timestamptz[]) to rowhouse_auth;
comment on function auth.record_key_usage(bytea[], bigint[], timestamptz[]) is
    'Adds to the use counts of API keys what a web process counted since it told last.';
reset role;
