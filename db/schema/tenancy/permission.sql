-- Adds a permission of the application's own to the catalogue, or says anew what it means and who holds it; idempotent.
--
-- The built-in role admin holds all that there is, in every tenant: nobody can grant what nobody holds. `held_by` names the
-- others that hold it, member and viewer. Roles that a tenant made stay as they are: whoever manages them puts it in.
set local role rowhouse_definer;
create or replace function tenancy.permission(name text, description text, held_by text[] default '{}') returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if exists (select from app.permissions as known where known.name = permission.name and not of_application) then
        raise exception using
            errcode = 'RH400',
            message = format('the permission %s is one of Rowhouse''s own', to_json(permission.name)),
            hint = 'Give yours another name.';
    end if;
    insert into app.permissions as known (name, description, of_application, held_by)
    values (permission.name, permission.description, true, permission.held_by)
    on conflict on constraint permissions_pkey do update
        set description = excluded.description, held_by = excluded.held_by
        where (known.description, known.held_by) is distinct from (excluded.description, excluded.held_by);

    update app.roles as role
    set permissions = array_append(role.permissions, permission.name)
    where role.built_in and role.name = any ('{admin}' || permission.held_by)
        and not permission.name = any (role.permissions);
    update app.roles as role
    set permissions = array_remove(role.permissions, permission.name)
    where role.built_in and not role.name = any ('{admin}' || permission.held_by)
        and permission.name = any (role.permissions);
end
$$;
grant execute on function tenancy.permission(text, text, text[]) to rowhouse_owner;
comment on function tenancy.permission(text, text, text[]) is
    'Adds a permission of the application''s own to the catalogue; the built-in roles admin and those of held_by hold it.';
reset role;
