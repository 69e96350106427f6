-- For an access review: when the operator's support was let in, as whom, and why.
set local role rowhouse_definer;
create or replace function audit.list_support(tenant uuid, since timestamptz, until timestamptz)
    returns table (
        id uuid, operator text, reason text, user_id uuid, may_write boolean, created_at timestamptz, expires_at timestamptz,
        ended_at timestamptz, end_reason text
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        access.id, access.operator, access.reason, access.user_id, access.may_write, access.created_at, access.expires_at,
        access.ended_at, access.end_reason
    from auth.support_accesses as access
    where access.tenant_id = list_support.tenant
        and access.created_at < list_support.until and coalesce(access.ended_at, access.expires_at) >= list_support.since
$$;
grant execute on function audit.list_support(uuid, timestamptz, timestamptz) to rowhouse_auditor;
comment on function audit.list_support(uuid, timestamptz, timestamptz) is
    'For an access review: the accesses of the operator''s support to a tenant that were open between two times.';
reset role;
