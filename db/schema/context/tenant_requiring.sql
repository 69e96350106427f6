-- For policies that refuse aloud: an insert without the permission gets RH403 naming it, where
-- context.tenant_where() would only hide. Outside the door it is null, like everything here.
create or replace function context.tenant_requiring(permission text) returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    if not permission = any (context.permissions_in(body)) then
        perform context.refuse(permission);
    end if;
    return context.tenant_in(body);
end
$$;
grant execute on function context.tenant_requiring(text) to rowhouse_app, rowhouse_worker;
comment on function context.tenant_requiring(text) is
    'The caller''s tenant if they hold the permission there, else RH403 naming it: a policy that compares with it refuses.';
