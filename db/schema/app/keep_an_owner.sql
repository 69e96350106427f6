-- A tenant always keeps one active owner. Checked at commit; the tenant's row is locked meanwhile, so that
-- two owners who demote each other take turns and the second is refused. Under a snapshot that could not
-- see the first one's commit it refuses outright. Who is about to be deleted is no owner to count on.
set local role rowhouse_definer;
create or replace function app.keep_an_owner() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception using
            errcode = 'RH400',
            message = 'ownership changes only in transactions that read committed';
    end if;
    perform from app.tenants as tenant where tenant.id = old.tenant_id for no key update;
    -- Of a tenant that is being erased, nothing is left to own.
    if old.tenant_id is not distinct from context.tenant_in_erasure() then
        return null;
    end if;
    if not context.stays_owned(old.tenant_id) then
        raise exception using
            errcode = 'RH409',
            message = 'a tenant always keeps one active owner',
            hint = 'Make somebody else an owner first.';
    end if;
    return null;
end
$$;
grant execute on function app.keep_an_owner() to rowhouse_owner;
comment on function app.keep_an_owner() is
    'Deferred trigger: refuses (RH409) to take away the last active owner of a tenant.';
reset role;

do $$
begin
    if not exists (
        select from pg_catalog.pg_trigger where tgrelid = 'app.memberships'::regclass and tgname = 'keep_an_owner'
    ) then
        create constraint trigger keep_an_owner after update or delete on app.memberships
            deferrable initially deferred
            for each row when (old.is_owner and old.status = 'active')
            execute function app.keep_an_owner();
    end if;
end
$$;
