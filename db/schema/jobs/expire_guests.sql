-- Forgets guests whom nobody saw for so many days, with their conversations, messages and preferences: a batch at a time,
-- the oldest first. Whoever has a session that is good stays, however long it is good for; so does whoever is signing up
-- just now, and whoever a legal hold stands over. The trail keeps that they were there.
set local role rowhouse_definer;
create or replace function jobs.expire_guests(idle_days integer, most integer default 200) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    since constant timestamptz := now() - idle_days * interval '1 day';
    gone  uuid[];
begin
    perform audit.heed_holds();
    select array_agg(idle.id) into gone from (
        select person.id from app.users as person
        where person.is_guest and person.created_at <= since and audit.hold_of_person(person.id) is null and not exists (
            select from auth.sessions as session
            where session.user_id = person.id and (
                greatest(session.last_seen_at, session.ended_at) > since
                or session.ended_at is null and least(session.idle_expires_at, session.expires_at) > now()
            )
        )
        order by person.created_at, person.id
        limit most
        for update skip locked
    ) as idle;
    delete from auth.sessions where user_id = any (gone);
    delete from app.memberships where user_id = any (gone);
    delete from app.users where id = any (gone);
    return coalesce(cardinality(gone), 0);
end
$$;
grant execute on function jobs.expire_guests(integer, integer) to rowhouse_worker;
comment on function jobs.expire_guests(integer, integer) is
    'Forgets a batch of guests whom nobody saw for so many days, with what they said; returns how many.';
reset role;
