-- What a policy cannot say of a domain: that it is no public mail provider's, that its role holds no more than whoever
-- chooses it, who proved lately who they are, and that a company has twenty at most, because each of them is looked up in the DNS. After the row, so that the
-- policies have spoken before.
set local role rowhouse_definer;
create or replace function app.guard_domain() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if not context.is_caller() then
        return null;
    end if;
    -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
    if context.tenant_id() is distinct from new.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    if app.is_public_mail(new.domain) then
        raise exception using
            errcode = 'RH474',
            message = 'anybody can have an address in this domain',
            column = 'domain',
            hint = 'Name a domain that is the company''s own.';
    end if;
    perform context.require_role(new.role_id);
    if context.kind_in(context.actor()) = 'session'
        and (tg_op = 'INSERT' or (new.role_id, new.admits) is distinct from (old.role_id, old.admits))
    then
        perform context.require_fresh_sign_in();
    end if;
    if tg_op = 'UPDATE' then
        perform context.require_role(old.role_id);
        return null;
    end if;
    if (select count(*) > 20 from app.domains as known where known.tenant_id = new.tenant_id) then
        raise exception using
            errcode = 'RH475',
            message = 'a company has twenty domains at most',
            hint = 'Remove one that is not needed.';
    end if;
    return null;
end
$$;
grant execute on function app.guard_domain() to rowhouse_owner;
comment on function app.guard_domain() is
    'Trigger: a domain is no public mail provider''s (RH474), its role holds no more than the caller does (RH403), who signed in lately (RH440), and there are twenty at most (RH475).';
reset role;

create or replace trigger guard_domain after insert or update on app.domains
    for each row execute function app.guard_domain();
