-- What leads from a leaf to the root of the tree of `size` leaves (RFC 6962 section 2.1.1), the lowest hash first.
set local role rowhouse_definer;
create or replace function audit.inclusion_path(tenant uuid, leaf bigint, size bigint) returns bytea[]
    language plpgsql stable parallel safe security definer
    set search_path = ''
as $$
declare
    first bigint := 0;
    rest  bigint := size;
    half  bigint;
    path  bytea[] := '{}';
begin
    if leaf not between 0 and size - 1 then
        raise exception using errcode = 'RH404', message = 'the tree of the trail has no such leaf';
    end if;
    while rest > 1 loop
        -- The largest power of two below it.
        half := 1::bigint << (64 - position(B'1' in (rest - 1)::bit(64)));
        if leaf - first < half then
            path := audit.subtree_hash(tenant, first + half, rest - half) || path;
            rest := half;
        else
            path := audit.subtree_hash(tenant, first, half) || path;
            first := first + half;
            rest := rest - half;
        end if;
    end loop;
    return path;
end
$$;
comment on function audit.inclusion_path(uuid, bigint, bigint) is
    'The hashes that lead from a leaf to the root of a tenant''s tree (RFC 6962 section 2.1.1).';
reset role;
