-- The Merkle tree hash of `size` leaves from `first` on, where `first` is a multiple of the least power of two that is no
-- smaller than `size`: so are all subtrees that proofs speak of (RFC 6962 section 2.1).
set local role rowhouse_definer;
create or replace function audit.subtree_hash(tenant uuid, first bigint, size bigint) returns bytea
    language plpgsql stable parallel safe security definer
    set search_path = ''
as $$
declare
    -- Of the largest whole subtree in it: the place of the first bit.
    height constant integer := 64 - position(B'1' in size::bit(64));
    whole  constant bigint := 1::bigint << height;
    tile   constant integer := height / 8;
    -- Where it begins among the hashes of its tile's level, and how many of them it is.
    place  constant bigint := first >> (8 * tile);
    count  constant integer := 1 << (height % 8);
    hash   bytea;
begin
    select audit.merkle_root(substr(known.hashes, ((place % 256) * 32 + 1)::integer, count * 32)) into hash
    from audit.tiles as known
    where known.tenant_id = tenant and known.level = tile and known.index = place / 256
        and length(known.hashes) >= ((place % 256) + count) * 32;
    if hash is null then
        raise exception using errcode = 'RH404', message = 'the tree of the trail has no such leaves';
    end if;
    return case when whole = size then hash
        else sha256('\x01' || hash || audit.subtree_hash(tenant, first + whole, size - whole)) end;
end
$$;
comment on function audit.subtree_hash(uuid, bigint, bigint) is
    'The Merkle tree hash (RFC 6962) of some leaves of a tenant''s tree; from its beginning on, the root that it had at that size.';
reset role;
