-- Appends leaves to a tenant's tree: fills the last tile of each level, begins new ones, and hashes each that is full into the
-- level above. Only the transaction that seals may.
set local role rowhouse_definer;
create or replace function audit.append_leaves(tenant uuid, hashes bytea) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    -- How many hashes of the level there were.
    before bigint;
    added  bytea := hashes;
    rising bytea;
    tile   bytea;
    place  bigint;
begin
    insert into audit.trees as tree (tenant_id, size) values (tenant, length(hashes) / 32)
    on conflict (tenant_id) do update set size = tree.size + excluded.size
    returning tree.size - length(hashes) / 32 into before;
    for height in 0 .. 7 loop
        exit when length(added) = 0;
        rising := '';
        place := before / 256;
        if before % 256 > 0 then
            added := (select known.hashes from audit.tiles as known
                where known.tenant_id = tenant and known.level = height and known.index = place) || added;
        end if;
        while length(added) > 0 loop
            tile := substr(added, 1, 8192);
            added := substr(added, 8193);
            insert into audit.tiles as known (tenant_id, level, index, hashes) values (tenant, height, place, tile)
            on conflict (tenant_id, level, index) do update set hashes = excluded.hashes;
            if length(tile) = 8192 then
                rising := rising || audit.merkle_root(tile);
            end if;
            place := place + 1;
        end loop;
        added := rising;
        before := before / 256;
    end loop;
end
$$;
comment on function audit.append_leaves(uuid, bytea) is
    'Appends the hashes of leaves (32 bytes each) to a tenant''s tree.';
reset role;
