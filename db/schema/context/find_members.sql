-- Which members a text is of: part of the name that colleagues see or, for who manages users, of the address. It gives ids,
-- so that addresses are compared here and read by nobody. A hundred at most, in the order of their keys.
set local role rowhouse_definer;
create or replace function context.find_members(search text, status text, role_id uuid, team_id uuid) returns uuid[]
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(array_agg(found.id), '{}')
    from (
        select membership.id
        from app.memberships as membership
        join app.users as person on person.id = membership.user_id
        cross join (values (lower(normalize(btrim(search), nfc)), context.may('manage_users'))) as asked (words, manages)
        where membership.tenant_id = context.member_tenant()
            and (find_members.status is null or membership.status = find_members.status)
            and (find_members.role_id is null or membership.role_id = find_members.role_id)
            and (find_members.team_id is null or membership.user_id in (
                select place.user_id from app.team_members as place
                where place.tenant_id = context.tenant_id() and place.team_id = find_members.team_id
            ))
            and asked.words <> ''
            and (strpos(lower(membership.display_name), asked.words) > 0
                or asked.manages and strpos(person.email, asked.words) > 0)
        order by membership.id
        limit 100
    ) as found
$$;
grant execute on function context.find_members(text, text, uuid, uuid) to rowhouse_app;
comment on function context.find_members(text, text, uuid, uuid) is
    'The ids of up to a hundred members of the caller''s tenant whose name holds a text, or whose address does, for who manages users.';
reset role;
