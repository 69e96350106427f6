-- Begins an export of the trail of the caller's tenant, for holders of view_audit: says how far it goes and what it is proven with, and
-- writes down that it was asked for. It commits before the first event leaves.
--
-- format:       as it is written down; null: only the header is asked for, and nothing is written down
-- wanted:       how many leaves the checkpoint has that it goes to; null: the newest one
-- after:        the leaves behind this one; -1: all
-- since, until: of events since then, and before then; null: of any time
--
-- Returns {"tenant", "size", "over": how many leaves are hashes only, "checkpoint", "keys", "tiles": those above the leaves, "first", "last", "events"}; null where nothing is
-- signed, or nothing of that size.
set local role rowhouse_definer;
create or replace function audit.begin_export(format text, wanted bigint, after bigint, since timestamptz, until timestamptz)
    returns jsonb
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    caller constant uuid := context.tenant_where('view_audit');
    signed audit.checkpoints;
    part   jsonb;
begin
    if caller is null then
        perform context.refuse('view_audit');
    end if;
    select * into signed from audit.checkpoints as known
    where known.tenant_id = caller and (wanted is null or known.size = wanted)
    order by known.size desc limit 1;
    if signed.size is null then
        return null;
    end if;
    select jsonb_build_object('first', min(leaf.index), 'last', max(leaf.index), 'events', count(*), 'over', (
        select tree.removed_size from audit.trees as tree where tree.tenant_id = caller)) into part
    from audit.leaves as leaf
    where leaf.tenant_id = caller and leaf.index > after and leaf.index < signed.size
        and (since is null or leaf.at >= since) and (until is null or leaf.at < until);
    if format is not null then
        perform audit.record_event('audit.exported', caller, jsonb_strip_nulls(
            jsonb_build_object('format', format, 'size', signed.size, 'from', since, 'to', until) || part - 'over'));
    end if;
    return part || jsonb_build_object(
        'tenant', caller,
        'size', signed.size,
        'checkpoint', signed.note || array_to_string(signed.cosignatures, ''),
        'keys', (
            select jsonb_agg(jsonb_build_object(
                'id', known.id, 'origin', known.origin, 'number', known.number,
                'public_key', encode(known.public_key, 'base64'), 'endorsement', known.endorsement
            ) order by known.number)
            from audit.signing_keys as known
        ),
        'tiles', coalesce((
            select jsonb_agg(jsonb_build_object(
                'level', tile.level, 'index', tile.index, 'hashes', translate(encode(tile.hashes, 'base64'), E'\n', '')
            ) order by tile.level, tile.index)
            from audit.tiles as tile where tile.tenant_id = caller and tile.level > 0
        ), '[]')
    );
end
$$;
grant execute on function audit.begin_export(text, bigint, bigint, timestamptz, timestamptz) to rowhouse_app;
comment on function audit.begin_export(text, bigint, bigint, timestamptz, timestamptz) is
    'Says how far an export of the caller''s trail goes and what proves it, and writes down that it was asked for; needs view_audit.';
reset role;
