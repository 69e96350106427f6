-- Makes a table as its protection says: policies, grants, trail, statistics. Idempotent.
--
-- Its own policies have the names below and are made anew; others that the application added stay. They only ever open
-- something inside the wall, which is restrictive.
create or replace function tenancy.apply(protection tenancy.protected_tables) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    target    constant regclass := protection.name::regclass;
    own       constant text := protection.owner_column;
    in_tenant constant text := 'tenant_id = (select context.tenant_id())';
    is_own    constant text := quote_ident(own) || ' = (select context.user_id())';
    columns   constant text[] := array(
        select attname::text from pg_catalog.pg_attribute where attrelid = target and attnum > 0 and not attisdropped order by attnum
    );
    reach     text;
    name      text;
begin
    foreach name in array tenancy.policy_names() loop
        execute format('drop policy if exists %I on %s', name, target);
    end loop;
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'revoke all on %s from public, rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_auditor', target
    );
    perform context.keep_no_values(target);
    perform context.plan_for_largest(target, 'tenant_id');
    if own is not null then
        perform context.plan_for_largest(target, own);
    end if;

    perform tenancy.add_policy(target, 'nothing crosses the wall', 'restrictive for all',
        'tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id())',
        'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.');

    -- Reading.
    perform tenancy.grant_columns(target, 'select', columns, protection.readable || '{tenant_id, id}'::text[]);
    if own is not null then
        perform tenancy.add_policy(target, 'people read their own rows', 'permissive for select',
            in_tenant || ' and ' || is_own
            || case when protection.read_permission is null then '' else format(
                ' or tenant_id = (select context.tenant_where(%L))', protection.read_permission) end,
            format('What %I names somebody for is theirs to read, %s', own, coalesce(
                'and anybody''s with the permission ' || protection.read_permission || '.', 'and nobody else''s.')));
    elsif protection.read_permission is not null then
        perform tenancy.add_policy(target, 'holders of the permission read', 'permissive for select',
            format('tenant_id = (select context.tenant_where(%L))', protection.read_permission),
            format('With the permission %s; to everybody else there is nothing.', protection.read_permission));
    else
        perform tenancy.add_policy(target, 'members read', 'permissive for select',
            'tenant_id = (select context.member_tenant())',
            'Whoever is a member of the tenant, which a key of the tenant''s own in a web page is not.');
    end if;

    -- Writing. Of their own rows people need no permission; others' rows are hidden from who may not write them, because a
    -- refusal would tell that they are there.
    if own is not null or protection.write_permission is not null then
        perform tenancy.grant_columns(target, 'insert', columns, protection.insertable);
        perform tenancy.grant_columns(target, 'update', columns, protection.updatable);
        execute format('grant delete on %s to rowhouse_app', target);
    end if;
    if own is not null then
        perform tenancy.add_policy(target, 'people add rows of their own', 'permissive for insert', in_tenant || ' and ' || is_own,
            format('Tenant and %I are defaults from the context and not granted for input.', own));
        reach := in_tenant || ' and ' || case when protection.write_permission is null then is_own
            else format('(%s or tenant_id = (select context.tenant_where(%L)))', is_own, protection.write_permission) end;
        perform tenancy.add_policy(target, 'people change their own rows', 'permissive for update', reach,
            coalesce('One''s own, or anybody''s with the permission ' || protection.write_permission || '.', 'One''s own, and nobody else''s.')
            || ' A row never changes hands.');
        perform tenancy.add_policy(target, 'people remove their own rows', 'permissive for delete', reach,
            coalesce('One''s own, or anybody''s with the permission ' || protection.write_permission || '.', 'One''s own, and nobody else''s.')
            || ' The trail keeps that it was there.');
    elsif protection.write_permission is not null then
        reach := format('tenant_id = (select context.tenant_requiring(%L))', protection.write_permission);
        perform tenancy.add_policy(target, 'holders of the permission add', 'permissive for insert', reach,
            format('Whoever lacks the permission %s is told so. The tenant is a default from the context.', protection.write_permission));
        perform tenancy.add_policy(target, 'holders of the permission change', 'permissive for update', reach,
            format('Whoever lacks the permission %s is told so, whatever rows there are.', protection.write_permission));
        perform tenancy.add_policy(target, 'holders of the permission remove', 'permissive for delete', reach,
            format('Whoever lacks the permission %s is told so. The trail keeps that it was there.', protection.write_permission));
    end if;

    -- The definer's reach: the desk, and the erasure of a tenant.
    execute format('grant select on %s to rowhouse_definer', target);
    execute format(
        'create policy "the desk explains one row, the erasure finds a tenant''s" on %s for select to rowhouse_definer
         using (id = (select context.explained_row()) or tenant_id = (select context.tenant_in_erasure()))', target
    );
    execute format('comment on policy "the desk explains one row, the erasure finds a tenant''s" on %s is %L', target,
        'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only; jobs.erase_tenant() has to find what it deletes.');
    perform context.open_to_erasure(target);

    perform audit.track(target,
        kept => array(select column_name from unnest(columns) as column_name where column_name = any (protection.kept)),
        withheld => array(
            select column_name from unnest(columns) as column_name
            where not column_name = any (protection.kept || '{tenant_id, id}'::text[])
        ));
    if 'updated_at' = any (columns) then
        execute format('create or replace trigger touch_updated_at before update on %s for each row execute function app.touch_updated_at()', target);
    else
        execute format('drop trigger if exists touch_updated_at on %s', target);
    end if;
end
$$;
comment on function tenancy.apply(tenancy.protected_tables) is
    'Makes the policies, grants, triggers and statistics of a table as its protection says.';
