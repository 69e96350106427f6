-- What people of the company asked more than once in the last half year, the most frequent first, by what the question came down to when it
-- was asked (app.stem_question); keys and counts only, and row security is asked again for each text (app.frequent_questions). What is in
-- the bin does not count, and temporary chats are nowhere.
--
-- wanted: 1 to 50
-- asked: the question as it was last put;  liked, disliked: ratings of its answers
-- Raises RH403 view_analytics and view_all_chats.
set local role rowhouse_definer;
create or replace function context.company_questions(wanted integer)
    returns table (asked uuid, times integer, people integer, liked integer, disliked integer)
    language plpgsql stable parallel restricted security definer
    set search_path = ''
    set jit = off set enable_sort = on set enable_hashjoin = on set enable_bitmapscan = on set enable_material = on
as $$
declare
    tenant constant uuid := context.tenant_requiring('view_analytics');
begin
    if not context.may('view_all_chats') then
        perform context.refuse('view_all_chats');
    end if;
    return query
    with frequent as materialized (
        select known.stems, count(*)::integer as times
        from app.messages as known
        where known.tenant_id = tenant and known.stems is not null and known.deleted_at is null
            and known.created_at > now() - interval '180 days'
        group by known.stems
        having count(*) > 1
        order by 2 desc, 1
        limit least(greatest(coalesce(wanted, 10), 1), 50)
    ), rated as materialized (
        select question.stems,
            count(*) filter (where thought.rating = 'up')::integer as liked,
            count(*) filter (where thought.rating = 'down')::integer as disliked
        from app.message_feedback as thought
        join app.messages as answer on answer.tenant_id = thought.tenant_id and answer.id = thought.message_id
        join app.messages as question on question.tenant_id = answer.tenant_id and question.id = answer.parent_id
        where thought.tenant_id = tenant and thought.created_at > now() - interval '180 days'
            and question.stems in (select frequent.stems from frequent) and question.deleted_at is null
        group by question.stems
    )
    select newest.id, frequent.times, counted.people, coalesce(rated.liked, 0), coalesce(rated.disliked, 0)
    from frequent
    cross join lateral (
        select known.id from app.messages as known
        where known.tenant_id = tenant and known.stems = frequent.stems and known.deleted_at is null
        order by known.created_at desc
        limit 1
    ) as newest
    cross join lateral (
        select count(distinct known.user_id)::integer as people from app.messages as known
        where known.tenant_id = tenant and known.stems = frequent.stems and known.deleted_at is null
            and known.created_at > now() - interval '180 days'
    ) as counted
    left join rated on rated.stems = frequent.stems
    order by frequent.times desc, newest.id desc;
end
$$;
grant execute on function context.company_questions(integer) to rowhouse_app;
comment on function context.company_questions(integer) is
    'The keys of what the company asked more than once in the last half year, how often, by how many, and what was thought of the answers. Raises RH403.';
reset role;
