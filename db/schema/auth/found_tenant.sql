-- A tenant for somebody who has an account, at the operator's word. Outcomes: ok, with its id; slug_taken.
set local role rowhouse_definer;
create or replace function auth.found_tenant(slug text, name text, owner uuid) returns table (outcome text, id uuid)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if auth.free_slug(found_tenant.slug) <> found_tenant.slug then
        outcome := 'slug_taken';
        return next;
        return;
    end if;
    outcome := 'ok';
    id := auth.create_tenant(found_tenant.slug, found_tenant.name, owner);
    perform audit.record_event('tenant.created', id, jsonb_build_object('owner', owner));
    return next;
end
$$;
grant execute on function auth.found_tenant(text, text, uuid) to rowhouse_owner;
comment on function auth.found_tenant(text, text, uuid) is
    'For the operator: makes a tenant with its roles, owned by somebody who has an account. Outcome: ok or slug_taken.';
reset role;
