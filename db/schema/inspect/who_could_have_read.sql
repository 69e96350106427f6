-- Who could have read a document, or the passage of one, at a moment: rebuilt from the trail, which knows of each document whom it was
-- for, of each person their role and teams, of each role its permissions, and of each grant its time.
--
-- passage: the key of a document, or of a passage that still stands
-- Members only: by themselves, or by a key of theirs. An operator who was inside for support stands in
-- auth.support_accesses; a key that is the company's own is not listed. Months that the trail no longer keeps are not there
-- to ask: RH404.
create or replace function inspect.who_could_have_read(tenant uuid, passage uuid, moment timestamptz default now())
    returns table (user_id uuid, display_name text, because text)
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    document jsonb;
begin
    select row into document from inspect.rows_at(tenant, 'app.documents', moment) as row
    where row ->> 'id' = coalesce(inspect.document_of(tenant, passage), passage)::text;
    if not found then
        raise exception using errcode = 'RH404', message = 'the trail knows of no such document at that moment';
    end if;
    return query
    with granted as (
        select given ->> 'user_id' as person, array_agg(given ->> 'permission') as permissions
        from inspect.rows_at(tenant, 'app.grants', moment) as given
        where (given ->> 'created_at')::timestamptz <= moment
            and coalesce((given ->> 'ends_at')::timestamptz > moment, true)
        group by 1
    ), person as (
        select member ->> 'user_id' as id, member ->> 'display_name' as display_name,
            array(select jsonb_array_elements_text(role -> 'permissions')) || coalesce(granted.permissions, '{}') as permissions
        from inspect.rows_at(tenant, 'app.memberships', moment) as member
        join inspect.rows_at(tenant, 'app.roles', moment) as role on role ->> 'id' = member ->> 'role_id'
        left join granted on granted.person = member ->> 'user_id'
        where member ->> 'status' = 'active'
            and not exists (
                select from inspect.rows_at(audit.platform(), 'app.users', moment) as account
                where account ->> 'id' = member ->> 'user_id' and account ->> 'status' <> 'active'
            )
            and exists (
                select from inspect.rows_at(tenant, 'app.tenants', moment) as company where company ->> 'status' = 'active'
            )
    ), team as (
        select place ->> 'user_id' as person from inspect.rows_at(tenant, 'app.team_members', moment) as place
        where place ->> 'team_id' = document ->> 'team_id'
    )
    select person.id::uuid, person.display_name, document ->> 'visibility'
    from person
    where case document ->> 'visibility'
        when 'tenant' then 'read_documents' = any (person.permissions)
        when 'team' then 'read_documents' = any (person.permissions) and person.id in (select team.person from team)
        else person.id = document ->> 'user_id' and 'chat' = any (person.permissions)
    end
    order by person.display_name, person.id;
end
$$;
comment on function inspect.who_could_have_read(uuid, uuid, timestamptz) is
    'Which members could have read a document, or a passage of it, at a moment, and why: rebuilt from the trail. Raises RH404.';
