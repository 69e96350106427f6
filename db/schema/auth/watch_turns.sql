-- Which of the turns that a process streams must end now, and why; asked once a second for all of them together. With the
-- same call it says that it is alive: a turn whose lease nobody renews is given up (jobs.sweep_holds).
--
-- Everything that opened the door when the turn began is looked up afresh: the credential, the person, the membership, the
-- company, the permission, the team. From where the request came was asked at the door and is not asked again.
--
-- documents: {turn: [those that its answer rests on]}; whoever may read one of them no more hears no more of it
-- Returns only turns that must end. reason: stopped; lost; ended, expired, revoked, user_banned, tenant_suspended,
-- membership_removed, … as at the door (RH401); chat: the permission went; conversation: it was deleted, or is of a
-- team that the person left; one that is discarded has its turns stopped. document: it was deleted, or is not theirs to
-- read any more.
set local role rowhouse_definer;
create or replace function auth.watch_turns(tenants uuid[], turns uuid[], documents jsonb default '{}')
    returns table (tenant_id uuid, turn_id uuid, reason text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.turns as known set lease_until = now() + interval '2 minutes'
    from unnest(tenants, turns) as watched (tenant_id, id)
    where known.tenant_id = watched.tenant_id and known.id = watched.id
        and known.lease_until < now() + interval '1 minute' and known.settled_at is null and known.lost_at is null;
    return query
    select judged.tenant_id, judged.id, judged.reason from (
        select watched.tenant_id, watched.id, case
            when known.id is null or known.lost_at is not null then 'lost'
            when known.stop_asked_at is not null then 'stopped'
            when live.fault is not null then live.fault
            when not 'chat' = any (live.permissions) then 'chat'
            when known.answer_id is not null and known.conversation_id is null
                or known.team_id is not null and known.team_id <> all (coalesce(live.teams, '{}')) then 'conversation'
            when exists (
                select from jsonb_array_elements_text(documents -> watched.id::text) as source (id)
                where not exists (
                    select from app.documents as document
                    where document.tenant_id = watched.tenant_id and document.id = source.id::uuid
                        and context.reaches(
                            document.visibility, document.team_id, document.user_id, known.user_id,
                            'read_documents' = any (live.permissions),
                            case when 'read_documents' = any (live.permissions) then live.teams end, true)
                )
            ) then 'document'
        end as reason
        from unnest(tenants, turns) as watched (tenant_id, id)
        left join auth.turns as known on known.tenant_id = watched.tenant_id and known.id = watched.id
        left join lateral context.state_of_credential(known.tenant_id, known.credential_kind, known.credential_id) as live on true
        where known.settled_at is null
    ) as judged
    where judged.reason is not null;
end
$$;
grant execute on function auth.watch_turns(uuid[], uuid[], jsonb) to rowhouse_auth;
comment on function auth.watch_turns(uuid[], uuid[], jsonb) is
    'Renews the leases of the turns that a process streams, and returns which of them must end now, and why.';
reset role;
