-- Brings in people of another system, some hundred at a time. Each is there whole, with their password and membership, or
-- not at all, and the same line twice changes nothing.
--
-- people:  [{line, email, name, proven, hash?, tenant?, role?, locale?, created_at?}]
-- looking: only says what would become of them
--
-- Outcomes, one for each line:
--   imported       there was nobody with this address
--   joined         there was, and is left as they are; the membership is new
--   already_there  there was, and so was the membership, whatever its state
--   refused        `detail` says why
--
-- An address that was not proven brings no password with it: somebody may have signed up with another's address there, and
-- would be waiting here for its owner. Every way in that is left proves the address.
set local role rowhouse_definer;
create or replace function auth.import_people(people jsonb, looking boolean)
    returns table (line bigint, outcome text, detail text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    one    record;
    place  app.tenants;
    role   uuid;
    person app.users;
begin
    -- In the order of their addresses, so that two imports, or an import and somebody who registers, never wait for each other.
    for one in
        select auth.normalise_email(given.email) as address, given.*
        from jsonb_to_recordset(people) as given (
            line bigint, email text, name text, proven boolean, hash text, tenant text, role text, locale text, created_at timestamptz
        )
        order by 1, given.line
    loop
        line := one.line;
        outcome := null;
        detail := null;
        place := null;
        role := null;
        person := null;
        if not looking then
            perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(one.address));
        end if;
        select * into person from app.users as known where lower(known.email) = one.address;
        if one.tenant is not null then
            select * into place from app.tenants as known where lower(known.slug) = one.tenant;
            select known.id into role from app.roles as known where known.tenant_id = place.id and known.name = one.role;
        end if;

        detail := case
            when not app.is_name(one.name) then '"name" must be one line that shows something'
            when one.created_at > now() then '"createdAt" is in the future'
            when one.tenant is not null and place.id is null then format('there is no company "%s"', one.tenant)
            when one.tenant is not null and role is null then format('"%s" has no role "%s"', one.tenant, one.role)
        end;
        outcome := case
            when detail is not null then 'refused'
            when person.id is null then 'imported'
            when place.id is null then 'already_there'
            when exists (select from app.memberships as membership
                where membership.tenant_id = place.id and membership.user_id = person.id) then 'already_there'
            else 'joined'
        end;
        if not looking and outcome = 'imported' then
            insert into app.users (email, name, locale, created_at)
                values (one.address, btrim(one.name), coalesce(one.locale, 'en'), coalesce(one.created_at, now()))
                returning * into person;
            if one.proven and one.hash is not null then
                insert into auth.passwords (user_id, hash) values (person.id, one.hash);
            end if;
            perform auth.forget_registrations(one.address, person.id);
        end if;
        if not looking and outcome in ('imported', 'joined') and place.id is not null then
            insert into app.memberships (tenant_id, user_id, role_id, display_name)
                values (place.id, person.id, role, person.name);
        end if;
        return next;
    end loop;
end
$$;
grant execute on function auth.import_people(jsonb, boolean) to rowhouse_owner;
comment on function auth.import_people(jsonb, boolean) is
    'For the operator: brings in people of another system, each whole or not at all; or only says what would become of them.';
reset role;
