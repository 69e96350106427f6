-- What became of objects that were to be deleted. Those that are gone are forgotten; where their tenant is being erased, its certificate
-- counts them, and its digest covers their names, in the order in which they went. Those that could not be deleted are tried again after
-- 1, 4, 9, … minutes, and after six hours from the nineteenth time on, for as long as it takes.
--
-- failure: null: they are gone
-- Returns how many it was told of that it knew.
set local role rowhouse_definer;
create or replace function jobs.settle_objects(objects text[], failure text default null) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    leaving auth.tenant_deletions;
    settled integer;
begin
    if failure is not null then
        update jobs.unkept_objects as kept set
            failure = settle_objects.failure,
            due_at = now() + least(make_interval(mins => kept.tries * kept.tries), interval '6 hours')
        where kept.object_key = any (objects);
        get diagnostics settled = row_count;
        return settled;
    end if;
    for leaving in
        select known.* from auth.tenant_deletions as known
        where known.began_at is not null and known.id in (
            select gone.tenant from jobs.unkept_objects as gone where gone.object_key = any (objects)
        )
        order by known.id
        for no key update
    loop
        update auth.tenant_deletions as known set
            counts = jsonb_set(known.counts, '{objects}', to_jsonb(coalesce((known.counts ->> 'objects')::bigint, 0) + going.many)),
            digest = sha256(known.digest || convert_to(E'objects\n' || going.keys || E'\n', 'UTF8'))
        from (
            select count(*) as many, string_agg(gone.object_key, E'\n' order by gone.object_key collate "C") as keys
            from jobs.unkept_objects as gone
            where gone.object_key = any (objects) and gone.tenant = leaving.id
        ) as going
        where known.id = leaving.id;
    end loop;
    delete from jobs.unkept_objects as gone where gone.object_key = any (objects);
    get diagnostics settled = row_count;
    return settled;
end
$$;
grant execute on function jobs.settle_objects(text[], text) to rowhouse_worker;
comment on function jobs.settle_objects(text[], text) is
    'Forgets objects that were deleted, and has those tried again that could not be; returns how many.';
reset role;
