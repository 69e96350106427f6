-- Accepts an invitation by the link of its mail. Only the invited address can: somebody who has an account proves with a
-- session that it is theirs; somebody who has none gets one, with this password, because the link reached them there.
--
-- Everything is looked at as it is now: the tenant, the inviter, who must still hold what they promised, the teams that are
-- still there, of which they must still be who could bring somebody in, and the seats. A removed member comes back as what the invitation says, and their old sessions and keys stay over; a suspension is not
-- lifted by it, and nobody becomes an owner by it.
--
-- handle:        sha256 of the handle of a session, or null
-- person_name, password_hash, locale: of a new account, or null
--
-- Outcomes: ok, with {id, slug, name} of the tenant and the teams that they came into; invalid_token; another_person; sign_in_first; newcomer (name and
-- password are missing); already_member; membership_suspended; tenant_suspended, tenant_closed; inviter_may_not;
-- way_not_allowed, for a newcomer whom the tenant wants to come by a provider: they sign up there, and accept signed in; or
-- what auth.live_session() says. Nothing is used up by any but ok. Raises RH471 where every seat is taken.
set local role rowhouse_definer;
create or replace function auth.accept_invitation(
    link bytea, handle bytea, person_name text, password_hash text, locale text, facts jsonb
) returns table (outcome text, tenant jsonb, teams jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried      record;
    invitation app.invitations;
    place      app.tenants;
    person     app.users;
    known      app.memberships;
    live       record;
    promised   text[];
    held       text[];
    team       app.invitation_teams;
begin
    select * into strict tried from auth.try_mail_token('invitation', link, null, null, facts);
    outcome := tried.outcome;
    if outcome = 'ok' then
        select * into invitation from app.invitations as open
        where open.tenant_id = (tried.token).invited_to and open.id = (tried.token).invitation
            and open.status = 'pending' and open.expires_at > now()
        for update;
        outcome := case when found then 'ok' else 'invalid_token' end;
    end if;
    if outcome <> 'ok' then
        return next;
        return;
    end if;

    select * into strict place from app.tenants as one where one.id = invitation.tenant_id;
    select * into person from app.users as one where lower(one.email) = invitation.email;
    if person.id is not null then
        select * into known from app.memberships as one
        where one.tenant_id = place.id and one.user_id = person.id for no key update;
    end if;
    perform from app.memberships as inviter
    where inviter.tenant_id = place.id and inviter.user_id = invitation.invited_by for share;
    select role.permissions into strict promised from app.roles as role
    where role.tenant_id = place.id and role.id = invitation.role_id;
    held := auth.held_by(place.id, invitation.invited_by);

    if handle is not null then
        select * into strict live from auth.live_session(handle, facts);
        outcome := case
            when live.outcome <> 'ok' then live.outcome
            when (live.session).user_id is distinct from person.id then 'another_person'
            else 'ok'
        end;
    elsif person.id is not null then
        outcome := 'sign_in_first';
    elsif person_name is null or password_hash is null then
        outcome := 'newcomer';
    end if;
    outcome := case
        when outcome <> 'ok' then outcome
        when place.status <> 'active' then 'tenant_' || place.status
        -- The password that they choose here, or the mailbox that they have shown, has to let them in afterwards.
        when person.id is null and not place.sign_in_ways && '{password,link}' then 'way_not_allowed'
        when known.status = 'active' then 'already_member'
        when known.status = 'suspended' then 'membership_suspended'
        when not (promised || '{manage_users}') <@ held then 'inviter_may_not'
        when not '{manage_teams}' <@ held and exists (
            select from app.invitation_teams as named
            where named.tenant_id = place.id and named.invitation_id = invitation.id and not exists (
                select from app.team_members as inviter
                where inviter.tenant_id = named.tenant_id and inviter.team_id = named.team_id
                    and inviter.user_id = invitation.invited_by and inviter.role = 'lead'
            )
        ) then 'inviter_may_not'
        else 'ok'
    end;
    if outcome <> 'ok' then
        return next;
        return;
    end if;

    if person.id is null then
        person.id := uuidv7();
        perform context.act(person.id, null, facts);
        insert into app.users (id, email, name, locale)
            values (person.id, invitation.email, btrim(person_name), accept_invitation.locale)
            returning * into person;
        insert into auth.passwords (user_id, hash) values (person.id, password_hash);
        perform auth.forget_registrations(person.email, person.id);
    end if;
    perform context.act(person.id, place.id, facts);
    if known.id is null then
        insert into app.memberships (tenant_id, user_id, role_id, display_name)
            values (place.id, person.id, invitation.role_id, person.name);
    else
        update auth.sessions as past set ended_at = now(), end_reason = 'revoked'
        where past.tenant_id = place.id and past.user_id = person.id and past.ended_at is null;
        update auth.api_keys as past set revoked_at = now()
        where past.tenant_id = place.id and past.user_id = person.id and past.revoked_at is null;
        update app.memberships as mine set status = 'active', role_id = invitation.role_id, is_owner = false
        where mine.tenant_id = place.id and mine.id = known.id;
    end if;
    for team in
        select * from app.invitation_teams as named where named.tenant_id = place.id and named.invitation_id = invitation.id
        order by named.team_id
    loop
        begin
            insert into app.team_members (tenant_id, team_id, user_id, role)
                values (place.id, team.team_id, person.id, team.role);
        exception when foreign_key_violation then
            -- Somebody removed the team in this very moment: like one that is long gone, it is not joined.
            null;
        end;
    end loop;
    update app.invitations as mine set status = 'accepted', accepted_by = person.id
    where mine.tenant_id = place.id and mine.id = invitation.id;
    perform auth.void_invitation(invitation.id);
    tenant := jsonb_build_object('id', place.id, 'slug', place.slug, 'name', place.name);
    select coalesce(jsonb_agg(jsonb_build_object('id', one.id, 'name', one.name, 'role', mine.role) order by one.name), '[]')
    into teams
    from app.team_members as mine
    join app.teams as one on one.tenant_id = mine.tenant_id and one.id = mine.team_id
    where mine.tenant_id = place.id and mine.user_id = person.id;
    return next;
end
$$;
grant execute on function auth.accept_invitation(bytea, bytea, text, text, text, jsonb) to rowhouse_auth;
comment on function auth.accept_invitation(bytea, bytea, text, text, text, jsonb) is
    'Makes the person whom an invitation was mailed to a member, also of the teams that it names, and an account for one who has none. Says why not by an outcome; raises RH471 where every seat is taken.';
reset role;
