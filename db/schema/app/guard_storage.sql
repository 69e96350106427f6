-- A tenant stores as much as its plan allows, wherever the bytes are.
set local role rowhouse_definer;
create or replace function app.guard_storage() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform context.refuse_full_storage(new.tenant_id, new.size_bytes);
    return new;
end
$$;
grant execute on function app.guard_storage() to rowhouse_owner;
comment on function app.guard_storage() is
    'Trigger: a tenant stores no more bytes than its plan allows (RH480 says how many it has, may have, and would need).';
reset role;

create or replace trigger guard_storage before insert on app.document_versions
    for each row execute function app.guard_storage();
