-- Leaves behind one, with their events, of a stream that the worker has in hand: only those that a checkpoint covers, and none where the
-- stream was changed, switched off or lent to somebody else meanwhile.
--
-- kept: of an event from which something was erased, {"salts", "commitments"} by field; null of others
set local role rowhouse_definer;
create or replace function jobs.leaves_to_push(tenant uuid, stream uuid, lent_until timestamptz, after bigint, most integer)
    returns table (index bigint, event_id uuid, salt uuid, event audit.events, kept jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform from app.audit_streams as mine
    join app.tenants as company on company.id = mine.tenant_id and company.status = 'active'
    where mine.tenant_id = tenant and mine.id = stream and mine.active and mine.lent_until = leaves_to_push.lent_until;
    if not found then
        return;
    end if;
    -- It carries no permission, and says whose trail is read.
    perform context.seal(context.body_of(
        row('sign_in', null, null, null, tenant, null, null, false, '{}', null, false, false, null, null, null, '{} {}')::context.holder,
        jsonb_build_object('pushes', tenant)
    ));
    return query
    select leaf.index, leaf.event_id, leaf.salt, told, case when leaf.salt is null then audit.erased_of(leaf.tenant_id, leaf.event_id) end
    from audit.leaves as leaf
    left join audit.events as told on told.tenant_id = leaf.tenant_id and told.id = leaf.event_id and told.at = leaf.at
    where leaf.tenant_id = tenant and leaf.index > after
        and leaf.index < (select tree.signed_size from audit.trees as tree where tree.tenant_id = tenant)
    order by leaf.index
    limit least(most, 1000);
end
$$;
grant execute on function jobs.leaves_to_push(uuid, uuid, timestamptz, bigint, integer) to rowhouse_worker;
comment on function jobs.leaves_to_push(uuid, uuid, timestamptz, bigint, integer) is
    'Signed leaves behind one, with their events, for the stream that the worker has in hand.';
reset role;
