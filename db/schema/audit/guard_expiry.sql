-- The one way in which a row of the trail goes: with what is over, as the newest signed event of its tree about it says. Whoever gets as far as
-- here removes nothing else.
create or replace function audit.guard_expiry() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    gone uuid;
begin
    -- Each has its own name for it, and a row as JSON would cost more than all the rest.
    if tg_argv[0] = 'id' then
        gone := old.id;
    else
        gone := old.event_id;
    end if;
    if audit.at_work('expiring') and exists (
        select from audit.trees as tree
        join audit.leaves as leaf on leaf.tenant_id = tree.tenant_id
        join audit.leaves as vouching on vouching.tenant_id = tree.tenant_id
            and vouching.event_id = tree.expiry_event and vouching.index < tree.signed_size
        where tree.tenant_id = old.tenant_id
            and leaf.event_id = gone
            and leaf.index < tree.expired_size
    ) then
        return old;
    end if;
    raise exception using
        errcode = 'RH405',
        message = format('DELETE of %s.%s is refused: only what is over goes, once a signed leaf says so', tg_table_schema, tg_table_name);
end
$$;
comment on function audit.guard_expiry() is
    'Trigger: refuses to remove an event, a leaf or a salt before a signed leaf says that it is over (RH405); its argument names the column with the event.';
