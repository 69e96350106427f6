set local role rowhouse_definer;
create or replace function audit.list_holds(tenant uuid, standing boolean)
    returns table (id uuid, tenant_id uuid, slug text, user_id uuid, reason text, placed_by text, placed_at timestamptz,
        released_by text, released_at timestamptz, release_reason text)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select hold.id, hold.tenant_id, place.slug, hold.user_id, hold.reason, hold.placed_by, hold.placed_at,
        hold.released_by, hold.released_at, hold.release_reason
    from audit.legal_holds as hold
    left join app.tenants as place on place.id = hold.tenant_id
    where (tenant is null or hold.tenant_id = tenant) and (not standing or hold.released_at is null)
    order by hold.id desc
    limit 1000
$$;
grant execute on function audit.list_holds(uuid, boolean) to rowhouse_owner;
comment on function audit.list_holds(uuid, boolean) is
    'For the operator: legal holds, of one tenant or of all, those that stand or all of them, the newest first; a thousand at most.';
reset role;
