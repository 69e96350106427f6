-- Whether a company's members need a second factor, and by which ways they sign in, is changed by somebody who proved lately who they are, and by no key: else
-- whoever finds an open session, or a key, opens the company to passwords alone.
set local role rowhouse_definer;
create or replace function app.guard_second_factor() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if (new.requires_second_factor, new.sign_in_ways) is distinct from (old.requires_second_factor, old.sign_in_ways) and context.is_caller() then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function app.guard_second_factor() to rowhouse_owner;
comment on function app.guard_second_factor() is
    'Trigger: by which ways members sign in, and whether they need a second factor, is changed with a fresh sign-in only (RH440).';
reset role;

create or replace trigger guard_second_factor before update of requires_second_factor, sign_in_ways on app.tenants
    for each row execute function app.guard_second_factor();
