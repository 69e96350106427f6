-- For how long a company's trail is kept is changed by somebody who proved lately who they are, and by no key; not below the operator's
-- least; and what is lowered counts thirty days later. So whoever takes an admin's session does not clear away what they did, nor what
-- was before: its owners get a mail, and have time to take it back, or to have a hold placed.
set local role rowhouse_definer;
create or replace function app.guard_retention() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    -- Null: without end.
    at_least constant integer := (audit.current_retention()).least_months;
    counts integer := case when old.audit_retention_lowers_at > now() then old.audit_retention_before else old.audit_retention_months end;
begin
    if new.audit_retention_months is not distinct from old.audit_retention_months then
        return new;
    end if;
    if context.is_caller() then
        perform context.require_fresh_sign_in();
    end if;
    if new.audit_retention_months < at_least then
        raise exception using
            errcode = 'RH491',
            message = format('the trail is kept for %s months at least', at_least),
            column = 'audit_retention_months',
            hint = 'The operator says how many.';
    end if;
    if new.audit_retention_months < coalesce(counts, 1201) then
        new.audit_retention_before := counts;
        new.audit_retention_lowers_at := now() + interval '30 days';
        perform auth.notify(membership.user_id, 'retention_lowered')
        from app.memberships as membership
        where membership.tenant_id = new.id and membership.status = 'active' and membership.is_owner;
    else
        new.audit_retention_before := null;
        new.audit_retention_lowers_at := null;
    end if;
    return new;
end
$$;
grant execute on function app.guard_retention() to rowhouse_owner;
comment on function app.guard_retention() is
    'Trigger: for how long the trail is kept is changed with a fresh sign-in only (RH440), not below the operator''s least (RH491), and lowered with a delay of thirty days, of which the owners get a mail.';
reset role;

create or replace trigger guard_retention before update of audit_retention_months on app.tenants
    for each row execute function app.guard_retention();
