-- Who can see this row, and why? For a given person in a given tenant, as if they had come through the door.
--
-- target:  a table of the schemas app and audit, as text: auditors may not enter those schemas to name it
-- key:     its primary key, for example {"id": "…"}; for an insert, the values of the new row
-- as_user: the person; null is somebody who has not come through the door
-- tenant:  the tenant that they are signed in to
-- command: select, insert, update or delete
-- change:  for an update, the values that change
--
-- On a large table give the whole key, tenant_id too: each condition looks the row up.
--
-- It says yes and no, never what is in a row. The context that it seals names the one row that it is about; policies let
-- the definer read that row and no other ("the desk explains one row"), and it is gone before the answer is given. Each use
-- is recorded as inspect.why, and in the server's log, which no rollback takes back. Raises RH400.
set local role rowhouse_definer;
create or replace function inspect.why(
    target text, key jsonb, as_user uuid, tenant uuid, command text default 'select', change jsonb default null
)
    returns table (side text, policy text, place text, condition text, value boolean, verdict text, explanation text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    found_table regclass := to_regclass(target);
    holder      record;
    reason      text;
    sealed      context.holder := row(null, null, null, null, null, null, null, false, '{}', null, false, false, null, null, null, '{} {}');
    lines       jsonb := '[]';
begin
    if (
        select nspname from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
        where pg_class.oid = found_table and relkind in ('r', 'p')
    ) in ('app', 'audit') is not true then
        raise exception using errcode = 'RH400', message = format('%s is no table of app or audit', target);
    end if;
    raise log 'inspect.why: % asks about % of % % for user % in tenant %', session_user, command, found_table,
        case when lower(command) <> 'insert' then key end, as_user, tenant;
    perform audit.record_event('inspect.why', tenant, jsonb_build_object(
        'table', found_table::text, 'key', case when lower(command) <> 'insert' then key end, 'command', lower(command), 'as_user', as_user
    ));

    if as_user is not null then
        select
            person.status as user_status, company.status as tenant_status,
            case when person.is_guest and not company.allows_guests then 'unwelcome' else membership.status end as membership_status,
            case when role.built_in and role.name = 'guest' then 'guest' else 'session' end as kind,
            coalesce(membership.is_owner, false) as is_owner,
            array(
                select unnest(role.permissions)
                union
                select live.permission from app.grants as live
                where live.tenant_id = why.tenant and live.user_id = as_user and live.ends_at > statement_timestamp()
                order by 1
            ) as permissions,
            (
                select format('{%s} {%s}',
                    string_agg(mine.team_id::text, ','), string_agg(mine.team_id::text, ',') filter (where mine.role = 'lead'))
                from app.team_members as mine
                where mine.tenant_id = why.tenant and mine.user_id = as_user
                    -- As at the door: visitors are in no team.
                    and (role.built_in and role.name = 'guest') is not true
            ) as teams
        into holder
        from app.users as person
        left join app.tenants as company on company.id = why.tenant
        left join app.memberships as membership on membership.tenant_id = why.tenant and membership.user_id = person.id
        left join app.roles as role on role.tenant_id = membership.tenant_id and role.id = membership.role_id
        where person.id = as_user;
        if not found then
            raise exception using errcode = 'RH400', message = 'there is no such user';
        end if;
        reason := case
            when holder.user_status <> 'active' then 'user_' || holder.user_status
            when tenant is null then null
            when holder.tenant_status is null then 'no such tenant'
            when holder.membership_status is null then 'not a member of the tenant'
            when holder.tenant_status <> 'active' then 'tenant_' || holder.tenant_status
            when holder.membership_status <> 'active' then 'membership_' || holder.membership_status
        end;
        if reason is not null then
            side := 'door'; value := false; verdict := 'refused';
            explanation := format('the door does not open: %s (RH401)', reason);
            return next;
            return;
        end if;
        sealed := row(
            holder.kind, null, as_user, null, tenant, null, null, holder.is_owner, holder.permissions, null, false, false,
            null, null, null, holder.teams
        )::context.holder;
    end if;

    -- Everything in this block is undone: the context that was before is the context that is after.
    begin
        perform context.seal(context.body_of(sealed, jsonb_build_object(
            'explains', case when lower(command) <> 'insert' then key end)));
        select coalesce(jsonb_agg(to_jsonb(line) order by number), '[]') into lines
        from inspect.explain(found_table, key, command, 'rowhouse_app', change) with ordinality
            as line (side, policy, place, condition, value, verdict, explanation, number);
        raise exception using errcode = 'UNDO1', message = 'the context is taken back';
    exception
        when sqlstate 'UNDO1' then null;
    end;

    return query
        select said.side, said.policy, said.place, said.condition, said.value, said.verdict, said.explanation
        from jsonb_to_recordset(lines) as said (
            side text, policy text, place text, condition text, value boolean, verdict text, explanation text, number bigint
        )
        order by said.number;
end
$$;
grant execute on function inspect.why(text, jsonb, uuid, uuid, text, jsonb) to rowhouse_auditor;
comment on function inspect.why(text, jsonb, uuid, uuid, text, jsonb) is
    'Why a person may, or may not, do something with a row: policies, conditions, values, verdict. Says nothing of the row''s content; each use is recorded.';
reset role;
