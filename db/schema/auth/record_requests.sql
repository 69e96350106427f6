-- Writes into the trail which requests to the API were answered. A web process tells many at a time, when they are over, so that none
-- waits for a write: each is an event of the tenant of its credential, at the time when it ended.
--
-- credentials: sha256 of the secrets
-- requests: as many objects {"request_id", "ip", "user_agent", "seconds" since it ended, "status", "times", "detail"}: "times" is how
--           many like it one line stands for, where that may be more than one
-- lost: of how many requests the process knows nothing any more, so that the trail says where it has a gap
--
-- Whose a credential is, or was, is asked here: that of a session that signed out meanwhile is known for as long as its row is
-- there. What nobody knows is no event. Whoever is kept out (401) or sent away (429) may come again as often as they like: of
-- one credential and status the first time in an hour is an event, and all are counted (audit.tallies).
set local role rowhouse_definer;
create or replace function auth.record_requests(credentials bytea[], requests jsonb, lost bigint default 0) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    with told as (
        select * from rows from (
            unnest(credentials),
            jsonb_to_recordset(requests) as (
                request_id text, ip inet, user_agent text, seconds double precision, status integer, times bigint, detail jsonb
            )
        ) with ordinality as told (credential, request_id, ip, user_agent, seconds, status, times, detail, place)
    ), known as materialized (
        -- A process tells of a moment ago, and not of a time of its own making.
        select told.*, holder.*, least(greatest(coalesce(told.seconds, 0), 0), 86400) as ago, told.status in (401, 429) as shut_out,
            row_number() over (partition by holder.credential_id, told.status order by told.place) as nth
        from told
        cross join lateral (
            select
                case when role.built_in and role.name = 'guest' then 'guest' else 'session' end as kind,
                session.id as credential_id, session.user_id, session.tenant_id
            from auth.sessions as session
            left join app.memberships as membership
                on membership.tenant_id = session.tenant_id and membership.user_id = session.user_id
            left join app.roles as role on role.tenant_id = membership.tenant_id and role.id = membership.role_id
            where session.handle_digest = sha256(told.credential)
            union all
            select 'api_key', key.id, coalesce(key.user_id, key.id), key.tenant_id
            from auth.api_keys as key
            where key.digest = sha256(told.credential)
            union all
            select 'support', access.id, coalesce(access.user_id, access.id), access.tenant_id
            from auth.support_accesses as access
            where access.digest = sha256(told.credential)
        ) as holder
    ), counted as (
        -- In the order of their keys, so that two processes that count the same do not wait for each other.
        insert into audit.tallies as counted (hour, action, subject, count)
        select date_trunc('hour', now(), 'UTC'), 'api.request', concat_ws(' ', known.credential_id, known.status), sum(known.times)
        from known
        where known.shut_out
        group by known.credential_id, known.status
        order by 3
        on conflict (hour, action, subject) do update set count = counted.count + excluded.count, last_at = now()
        returning new.subject, old.subject is null as is_first
    )
    insert into audit.events (
        tenant_id, id, at, action, severity, detail,
        actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
    )
    select
        coalesce(known.tenant_id, audit.platform()),
        uuidv7(make_interval(secs => -known.ago)), clock_timestamp() - make_interval(secs => known.ago),
        type.action, type.severity, known.detail,
        known.kind, known.user_id, known.credential_id, case when known.kind = 'support' then known.credential_id end,
        known.request_id, known.ip, known.user_agent
    from known
    join audit.event_types as type on type.action = 'api.request' and type.table_name = ''
    left join counted on counted.subject = concat_ws(' ', known.credential_id, known.status)
    where not known.shut_out or known.nth = 1 and counted.is_first
    order by known.place;

    if lost > 0 then
        perform audit.record_event('api.requests_lost', null, jsonb_build_object('requests', lost));
    end if;
end
$$;
grant execute on function auth.record_requests(bytea[], jsonb, bigint) to rowhouse_auth;
comment on function auth.record_requests(bytea[], jsonb, bigint) is
    'Writes into the trail which requests to the API were answered, each for whose credential it came with; of those that were kept out, the first in an hour.';
reset role;
