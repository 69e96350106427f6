-- The hashes of up to 256 leaves of the caller's tenant, for an export: RH403 without view_audit; null where there is no such tile.
set local role rowhouse_definer;
create or replace function audit.exported_tile(number bigint) returns bytea
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    caller constant uuid := context.tenant_where('view_audit');
begin
    if caller is null then
        perform context.refuse('view_audit');
    end if;
    return (select tile.hashes from audit.tiles as tile where tile.tenant_id = caller and tile.level = 0 and tile.index = number);
end
$$;
grant execute on function audit.exported_tile(bigint) to rowhouse_app;
comment on function audit.exported_tile(bigint) is 'The hashes of up to 256 leaves of the caller''s trail; needs view_audit.';
reset role;
