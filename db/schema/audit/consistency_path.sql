-- What shows that the tree of `older` leaves is the beginning of that of `newer` (RFC 6962 section 2.1.2).
set local role rowhouse_definer;
create or replace function audit.consistency_path(tenant uuid, older bigint, newer bigint) returns bytea[]
    language plpgsql stable parallel safe security definer
    set search_path = ''
as $$
declare
    first bigint := 0;
    mine  bigint := older;
    rest  bigint := newer;
    half  bigint;
    -- Whether what is left of the older tree is all of it, whose root the reader has.
    whole boolean := true;
    path  bytea[] := '{}';
begin
    if older not between 1 and newer then
        raise exception using errcode = 'RH404', message = 'the tree of the trail had no such size';
    end if;
    while mine < rest loop
        -- The largest power of two below it.
        half := 1::bigint << (64 - position(B'1' in (rest - 1)::bit(64)));
        if mine <= half then
            path := audit.subtree_hash(tenant, first + half, rest - half) || path;
            rest := half;
        else
            path := audit.subtree_hash(tenant, first, half) || path;
            first := first + half;
            mine := mine - half;
            rest := rest - half;
            whole := false;
        end if;
    end loop;
    return case when whole then path else audit.subtree_hash(tenant, first, mine) || path end;
end
$$;
comment on function audit.consistency_path(uuid, bigint, bigint) is
    'The hashes that show that a tenant''s tree only grew between two sizes (RFC 6962 section 2.1.2).';
reset role;
