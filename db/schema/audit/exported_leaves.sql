-- Leaves of the caller's tenant with their events, for an export that audit.begin_export() began. Who does not hold view_audit any more
-- gets no more of them: RH403.
--
-- first, last: indices, at most 256 apart
-- kept: of an event from which something was erased, {"salts", "commitments"} by field; null of others
set local role rowhouse_definer;
create or replace function audit.exported_leaves(first bigint, last bigint, since timestamptz, until timestamptz)
    returns table (index bigint, event_id uuid, salt uuid, event audit.events, kept jsonb)
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    caller constant uuid := context.tenant_where('view_audit');
begin
    if caller is null then
        perform context.refuse('view_audit');
    end if;
    return query
    select leaf.index, leaf.event_id, leaf.salt, told, case when leaf.salt is null then audit.erased_of(leaf.tenant_id, leaf.event_id) end
    from audit.leaves as leaf
    left join audit.events as told on told.tenant_id = leaf.tenant_id and told.id = leaf.event_id and told.at = leaf.at
    where leaf.tenant_id = caller and leaf.index between first and least(last, first + 255)
        and (since is null or leaf.at >= since) and (until is null or leaf.at < until)
    order by leaf.index;
end
$$;
grant execute on function audit.exported_leaves(bigint, bigint, timestamptz, timestamptz) to rowhouse_app;
comment on function audit.exported_leaves(bigint, bigint, timestamptz, timestamptz) is
    'Leaves of the caller''s trail with their events, 256 at most; needs view_audit.';
reset role;
