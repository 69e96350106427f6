-- For an access review: permissions that somebody holds for a time, beside their role.
set local role rowhouse_definer;
create or replace function audit.list_grants(tenant uuid)
    returns table (
        id uuid, user_id uuid, permission text, reason text, granted_by uuid, created_at timestamptz, ends_at timestamptz
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select live.id, live.user_id, live.permission, live.reason, live.granted_by, live.created_at, live.ends_at
    from app.grants as live
    where live.tenant_id = list_grants.tenant and live.ends_at > statement_timestamp()
$$;
grant execute on function audit.list_grants(uuid) to rowhouse_auditor;
comment on function audit.list_grants(uuid) is
    'For an access review: the grants of a tenant that have not ended, each with who gave it and why.';
reset role;
