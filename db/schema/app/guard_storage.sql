-- A tenant stores as much as its plan allows. Its row is locked, so that the last bytes are given once, however many come at once.
set local role rowhouse_definer;
create or replace function app.guard_storage() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    most bigint;
    used bigint;
begin
    select known.storage_limit into most from app.tenants as known where known.id = new.tenant_id;
    if most is null then
        return new;
    end if;
    select known.storage_limit into most from app.tenants as known where known.id = new.tenant_id for no key update;
    used := context.storage_in_use(new.tenant_id);
    if used + new.size_bytes > most then
        raise exception using
            errcode = 'RH480',
            message = format('%s of %s bytes of documents are stored, and this one has %s', used, most, new.size_bytes),
            hint = 'Delete documents that nobody needs, or get a larger plan.';
    end if;
    return new;
end
$$;
grant execute on function app.guard_storage() to rowhouse_owner;
comment on function app.guard_storage() is
    'Trigger: a tenant stores no more bytes than its plan allows (RH480 says how many it has, may have, and would need).';
reset role;

create or replace trigger guard_storage before insert on app.document_versions
    for each row execute function app.guard_storage();
