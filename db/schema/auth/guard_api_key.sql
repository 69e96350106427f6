-- What a policy cannot say of an API key, because it compares the row with its maker, or with what it was.
--
-- Whose a key is, nobody says: it is its maker's, or the tenant's own if a role is named. Nobody gives a key what they do
-- not hold, and no key makes one that outlives it, so that a stolen one cannot be kept alive by its children. A key that is
-- over stays over.
set local role rowhouse_definer;
create or replace function auth.guard_api_key() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body    constant text := context.actor();
    by_key  constant boolean := context.kind_in(body) is not distinct from 'api_key';
    unknown text;
    missing text;
begin
    if tg_op = 'INSERT' and new.role_id is not null then
        new.user_id := null;
    end if;
    if not context.is_caller() then
        return new;
    end if;
    -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
    if context.tenant_in(body) is distinct from new.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    -- A visitor's key would outlive the visit.
    if context.kind_in(body) = 'guest' then
        perform context.refuse('account');
    end if;
    if tg_op = 'INSERT' then
        new.user_id := case when new.role_id is null then context.user_in(body) end;
        new.created_by := context.user_in(body);
        select name into unknown from unnest(new.scopes) as wanted (name)
        where not exists (select from app.permissions as permission where permission.name = wanted.name)
        order by name limit 1;
        if unknown is not null then
            raise exception using
                errcode = 'RH400',
                message = format('there is no permission %s', to_json(unknown)),
                column = 'scopes',
                constraint = 'api_keys_scopes_known',
                hint = 'The catalogue is app.permissions.';
        end if;
        new.scopes := array(select distinct name from unnest(new.scopes) as wanted (name) order by name);
        if by_key then
            select least(new.expires_at, maker.expires_at) into new.expires_at from auth.api_keys as maker
            where maker.tenant_id = new.tenant_id and maker.id = context.credential_in(body);
        end if;
    else
        if old.revoked_at is not null or coalesce(old.expires_at <= now(), false) then
            raise exception using
                errcode = 'RH441',
                message = 'this API key is over',
                hint = 'Make another one.';
        end if;
        if new.revoked_at is not null then
            new.revoked_at := now();
        end if;
        -- Later than it was to end, it never ends.
        new.expires_at := least(new.expires_at, old.expires_at);
    end if;

    if (new.role_id is not null or by_key or new.user_id is distinct from context.user_in(body))
        and not 'manage_api_keys' = any (context.permissions_in(body))
    then
        perform context.refuse('manage_api_keys');
    end if;
    -- To end a key takes nothing else. To make one, or to loosen what ties it down, takes what it may do.
    if tg_op = 'INSERT' or (new.revoked_at is null and (by_key or new.role_id is not null)) then
        select name into missing from unnest(new.scopes) as wanted (name)
        -- A person's key loses with its owner what they hold for a time only; the tenant's own would keep it.
        where not name = any (context.permissions_in(body)) or new.role_id is not null and not context.may_give(name)
        order by name limit 1;
        if missing is not null then
            perform context.refuse(missing);
        end if;
    end if;
    -- Nor does a key move its own limits, or put another in its own place.
    if by_key and (
        new.replaces = context.credential_in(body)
        or tg_op = 'UPDATE' and new.id = context.credential_in(body) and (new.requests_per_minute, new.origins, new.addresses, new.opens_guests) is distinct from (old.requests_per_minute, old.origins, old.addresses, old.opens_guests)
    ) then
        perform context.refuse('session');
    end if;
    -- A session that somebody left open, or took, is not to leave behind what outlives it.
    if tg_op = 'INSERT' and not by_key then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function auth.guard_api_key() to rowhouse_owner;
comment on function auth.guard_api_key() is
    'Trigger: an API key is its maker''s or the tenant''s, holds no more than its maker does (RH403 names what is missing), and is over once it is over (RH441).';
reset role;

create or replace trigger guard_api_key before insert or update of name, requests_per_minute, origins, addresses, opens_guests, expires_at, revoked_at
    on auth.api_keys for each row execute function auth.guard_api_key();
