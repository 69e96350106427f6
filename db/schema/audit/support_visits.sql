-- Who from outside was here: the operator's support, as whom, why, for how long, and how much it did.
--
-- That an event is the insert is asked by its rows, and not by its action: of inserts there are many, of the table few.
create or replace view audit.support_visits with (security_invoker = true) as
    select
        event.tenant_id, event.row_id::uuid as id, event.at, event.new_row ->> 'operator' as operator, event.new_row ->> 'reason' as reason,
        told.may_write, told.visited_id,
        (select person.name from app.users as person where person.id = told.visited_id) as visited,
        told.expires_at, ending.at as ended_at, ending.reason as end_reason,
        work.events, work.changes
    from audit.events as event
    -- What was erased of an event is neither.
    cross join lateral (
        select
            case when pg_input_is_valid(event.new_row ->> 'may_write', 'boolean') then (event.new_row ->> 'may_write')::boolean end as may_write,
            case when pg_input_is_valid(event.new_row ->> 'user_id', 'uuid') then (event.new_row ->> 'user_id')::uuid end as visited_id,
            case when pg_input_is_valid(event.new_row ->> 'expires_at', 'timestamptz')
                then (event.new_row ->> 'expires_at')::timestamptz end as expires_at
    ) as told
    left join lateral (
        select later.at, later.new_row ->> 'end_reason' as reason
        from audit.events as later
        where later.tenant_id = event.tenant_id and later.table_name = event.table_name and later.row_id = event.row_id
            and later.action = 'update' and later.at > event.at and later.new_row ->> 'ended_at' is not null
        order by later.at, later.id
        limit 1
    ) as ending on true
    cross join lateral (
        select count(*) as events, count(*) filter (where done.action in ('insert', 'update', 'delete')) as changes
        from audit.events as done
        where done.tenant_id = event.tenant_id and done.actor_kind = 'support' and done.impersonator_id = event.row_id::uuid
            and done.at >= event.at and (told.expires_at is null or done.at <= told.expires_at + interval '1 hour')
    ) as work
    where event.table_name = 'auth.support_accesses' and event.old_row is null and event.new_row is not null;
grant select on audit.support_visits to rowhouse_auditor;
comment on view audit.support_visits is
    'Who of the operator''s support was in a company: as whom (null: in their own name), why, until when, and of how many events it is the actor, changes among them.';
