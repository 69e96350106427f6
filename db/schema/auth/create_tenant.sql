-- A tenant with its four built-in roles and its first owner. Returns the tenant's id.
set local role rowhouse_definer;
create or replace function auth.create_tenant(slug text, name text, owner uuid) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant uuid := uuidv7();
    admin  uuid := uuidv7();
begin
    insert into app.tenants (id, slug, name) values (tenant, create_tenant.slug, create_tenant.name);
    insert into app.roles (tenant_id, id, name, description, permissions, built_in) values
        (tenant, admin, 'admin', 'Runs the tenant: people, roles, settings, every chat, the audit trail.',
            array(select permission.name from app.permissions as permission order by permission.name), true),
        (tenant, uuidv7(), 'member', 'Chats, and sees the own chats only.',
            array['chat', 'read_documents'] || array(select permission.name from app.permissions as permission where 'member' = any (held_by)), true),
        (tenant, uuidv7(), 'viewer', 'Sees analytics and no chat.',
            array['view_analytics'] || array(select permission.name from app.permissions as permission where 'viewer' = any (held_by)), true),
        (tenant, uuidv7(), 'guest', 'Visits: chats, sees the own chats only, and no colleague.',
            array['chat'], true);
    insert into app.memberships (tenant_id, user_id, role_id, is_owner, display_name)
        select tenant, person.id, admin, true, person.name
        from app.users as person where person.id = owner;
    return tenant;
end
$$;
comment on function auth.create_tenant(text, text, uuid) is
    'Makes a tenant with the roles admin, member, viewer and guest and its first owner; returns its id.';
reset role;
