-- Goes one step further with erasing the tenants whose grace is over, one tenant after the other; one transaction a step, so that
-- it can be broken off and goes on where it was. However many workers ask, one works.
--
-- All that the tenant owns goes: its rows in every table with a tenant_id (context.tenant_tables), a developer's own among
-- them, and at last its own row, so that the slug is free. What stays: the trail, for as long as trails are kept, because
-- it has to answer for what was done, and people, whose accounts are theirs and not the tenant's. The rows that go leave
-- no events of their own; the certificate stands for them, in the trail of the platform: how many of which table, and a
-- digest over their keys, in the order in which they went: each time sha256(digest before || table and keys, a line each).
--
-- batch: rows that one step takes
-- Objects of its documents go by jobs.claim_objects(), and are counted as "objects"; until the last of them is gone there is no
-- certificate, because it would not be true.
--
-- A tenant over which a legal hold stands waits: nothing of it goes, also if its erasure has begun.
--
-- Returns what it did: {"step": "none"}; {"step": "more", tenant, table, rows}; {"step": "waiting", tenant, objects}; {"step": "erased", tenant, slug, counts, digest}.
set local role rowhouse_definer;
create or replace function jobs.erase_tenant(batch integer default 1000) returns jsonb
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    leaving auth.tenant_deletions;
    place   app.tenants;
    target  regclass;
    key     text;
    backwards text;
    went    bigint;
    keys    text;
begin
    perform audit.heed_holds();
    perform pg_advisory_xact_lock(hashtextextended('jobs.erase_tenant', 0));
    select * into leaving from auth.tenant_deletions as known where known.id = context.tenant_in_erasure();
    if not found then
        -- What a hold stands over is asked about again in a week, and its trail says why it is still there.
        for leaving in
            update auth.tenant_deletions as due set due_at = now() + interval '7 days'
            where due.due_at <= now() and due.began_at is null and audit.hold_of(due.id) is not null
            returning due.*
        loop
            perform audit.record_event('tenant.erasure_held', leaving.id,
                jsonb_build_object('hold', audit.hold_of(leaving.id), 'due_at', leaving.due_at));
        end loop;
        select * into leaving from auth.tenant_deletions as due
        where due.due_at <= now() and due.began_at is null
        order by due.due_at, due.id
        limit 1;
        if not found then
            return '{"step": "none"}';
        end if;
        -- Whoever brings it back at this moment holds its row, and is through or too late.
        perform from app.tenants as known where known.id = leaving.id for no key update;
        update auth.tenant_deletions as due set began_at = now() where due.id = leaving.id and due.due_at <= now()
            returning * into leaving;
        if not found then
            return '{"step": "more"}';
        end if;
    end if;

    for target in select context.tenant_tables() loop
        select string_agg(format('%I', part.attname), ', ' order by part.attnum)
        into key
        from pg_catalog.pg_index as index
        join pg_catalog.pg_attribute as part on part.attrelid = index.indrelid and part.attnum = any (index.indkey)
        where index.indrelid = target and index.indisprimary;
        -- What refers to another row of the same table is younger, and goes first.
        select string_agg(format('%I desc', part.attname), ', ' order by part.attnum)
        into backwards
        from pg_catalog.pg_index as index
        join pg_catalog.pg_attribute as part on part.attrelid = index.indrelid and part.attnum = any (index.indkey)
        where index.indrelid = target and index.indisprimary
            and exists (select from pg_catalog.pg_constraint as link
                where link.contype = 'f' and link.conrelid = target and link.confrelid = target);
        execute format(
            'with going as ('
            '  delete from %1$s where tenant_id = $1 and ctid = any (array('
            '    select ctid from %1$s where tenant_id = $1 %3$s limit $2'
            '  )) returning concat_ws('' '', %2$s) as key'
            ') select count(*), string_agg(key, E''\n'' order by key collate "C") from going',
            target, coalesce(key, 'tenant_id'), 'order by ' || backwards)
        into went, keys using leaving.id, batch;
        if went > 0 then
            update auth.tenant_deletions as known set
                counts = jsonb_set(known.counts, array[target::text],
                    to_jsonb(coalesce((known.counts ->> target::text)::bigint, 0) + went)),
                digest = sha256(known.digest || convert_to(target::text || E'\n' || keys || E'\n', 'UTF8'))
            where known.id = leaving.id;
            return jsonb_build_object('step', 'more', 'tenant', leaving.id, 'table', target::text, 'rows', went);
        end if;
    end loop;

    if jobs.objects_of(leaving.id) > 0 then
        return jsonb_build_object('step', 'waiting', 'tenant', leaving.id, 'objects', jobs.objects_of(leaving.id));
    end if;

    -- The mails of its invitations name people who are nobody here; those to its owners bring back nothing any more.
    with gone as (
        delete from auth.mail_tokens as token where leaving.id in (token.invited_to, token.restores) returning token.id
    )
    delete from auth.mails as mail using gone where mail.id = gone.id;
    select * into strict leaving from auth.tenant_deletions as known where known.id = leaving.id;
    delete from app.tenants as known where known.id = leaving.id returning * into strict place;
    perform audit.record_event('tenant.erased', null, jsonb_build_object(
        'tenant', place.id, 'slug', place.slug, 'asked_by', leaving.asked_by, 'reason', leaving.reason,
        'asked_at', leaving.asked_at, 'began_at', leaving.began_at, 'counts', leaving.counts,
        'digest', encode(leaving.digest, 'hex')));
    delete from auth.tenant_deletions as known where known.id = leaving.id;
    return jsonb_build_object('step', 'erased', 'tenant', place.id, 'slug', place.slug, 'counts', leaving.counts,
        'digest', encode(leaving.digest, 'hex'));
end
$$;
grant execute on function jobs.erase_tenant(integer) to rowhouse_worker, rowhouse_owner;
comment on function jobs.erase_tenant(integer) is
    'One step of erasing the tenants whose grace is over: none, more, waiting (for its objects to be deleted) or erased, with the certificate.';
reset role;
