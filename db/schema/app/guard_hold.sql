-- What people said and brought does not go while a hold stands over it: not by its owner's hand, nor with a guest, an account or
-- a tenant, nor because its time is over. The jobs pass over what is held; this refuses whoever does not.
set local role rowhouse_definer;
create or replace function app.guard_hold() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform audit.refuse_held(old.tenant_id, old.user_id);
    return old;
end
$$;
grant execute on function app.guard_hold() to rowhouse_owner;
comment on function app.guard_hold() is
    'Trigger of conversations, messages and documents: refuses to delete what a legal hold stands over (RH490).';
reset role;

create or replace trigger guard_hold before delete on app.conversations for each row execute function app.guard_hold();
create or replace trigger guard_hold before delete on app.messages for each row execute function app.guard_hold();
create or replace trigger guard_hold before delete on app.documents for each row execute function app.guard_hold();
