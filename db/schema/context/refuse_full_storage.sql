-- Refuses what a tenant's plan has no room for. Its row is locked, so that the last bytes are given once, however many come at once.
set local role rowhouse_definer;
create or replace function context.refuse_full_storage(tenant uuid, wanted bigint) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    most bigint;
    used bigint;
begin
    select known.storage_limit into most from app.tenants as known where known.id = tenant;
    if most is null then
        return;
    end if;
    select known.storage_limit into most from app.tenants as known where known.id = tenant for no key update;
    used := context.storage_in_use(tenant);
    if used + wanted > most then
        raise exception using
            errcode = 'RH480',
            message = format('%s of %s bytes of documents are stored, and this one has %s', used, most, wanted),
            hint = 'Delete documents that nobody needs, or get a larger plan.';
    end if;
end
$$;
comment on function context.refuse_full_storage(uuid, bigint) is
    'Refuses a document that a tenant''s plan has no room for. Raises RH480.';
reset role;
