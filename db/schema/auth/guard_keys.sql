-- A tenant has as many API keys as its plan allows. Its row is locked, so that the last one is made once, however many make
-- one at a time.
set local role rowhouse_definer;
create or replace function auth.guard_keys() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    most integer;
    used integer;
begin
    select known.key_limit into most from app.tenants as known where known.id = new.tenant_id;
    if most is null then
        return new;
    end if;
    select known.key_limit into most from app.tenants as known where known.id = new.tenant_id for no key update;
    used := auth.keys_in_use(new.tenant_id, new.replaces);
    if used >= most then
        raise exception using
            errcode = 'RH480',
            message = format('%s of %s API keys are in use', used, most),
            hint = 'Revoke one that nobody needs, or get a larger plan.';
    end if;
    return new;
end
$$;
grant execute on function auth.guard_keys() to rowhouse_owner;
comment on function auth.guard_keys() is
    'Trigger: a tenant has no more API keys than its plan allows (RH480 says how many are in use).';
reset role;

create or replace trigger guard_keys before insert on auth.api_keys
    for each row execute function auth.guard_keys();
