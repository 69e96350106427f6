-- The Merkle tree hash over hashes of leaves, or of whole subtrees of one height (RFC 6962 section 2.1): 32 bytes each.
-- A last one without a neighbour goes up as it is, which makes the same tree as the splitting of the RFC.
create or replace function audit.merkle_root(hashes bytea) returns bytea
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    while length(hashes) > 32 loop
        select string_agg(case when length(pair) = 64 then sha256('\x01' || pair) else pair end, ''::bytea order by place)
        into hashes
        from generate_series(0, (length(hashes) - 1) / 64) as place
        cross join lateral substr(hashes, place * 64 + 1, 64) as pair;
    end loop;
    return hashes;
end
$$;
grant execute on function audit.merkle_root(bytea) to rowhouse_definer;
comment on function audit.merkle_root(bytea) is 'The Merkle tree hash (RFC 6962) over concatenated hashes of one height.';
