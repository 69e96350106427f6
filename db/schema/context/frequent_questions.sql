-- What the caller asked more than once in the last half year, in their last 200 conversations, the most frequent first: keys only,
-- which row security is asked for again (app.my_frequent_questions()). Questions are the same where their words have the same
-- stems, in whatever order, by the rules of the language that the caller is answered in; filling words count for nothing. One that shows
-- an image or comes with a file asks for more than its words say, and is none of them.
--
-- wanted: 1 to 50
-- asked:  the question as it was last put;  answered: the newest whole answer to any of them
set local role rowhouse_definer;
create or replace function context.frequent_questions(wanted integer)
    returns table (asked uuid, times integer, answered uuid)
    language plpgsql stable parallel restricted security definer
    set search_path = ''
    set jit = off set enable_sort = on set enable_hashjoin = on set enable_bitmapscan = on set enable_material = on
as $$
declare
    tenant constant uuid := context.tenant_where('chat');
    me     constant uuid := context.user_where('chat');
    rules  constant regconfig := context.text_configuration(context.asker(tenant, me) ->> 'language');
begin
    return query
    with talked as materialized (
        select known.id from app.conversations as known
        where known.tenant_id = tenant and known.user_id = me and known.deleted_at is null
            and known.updated_at > now() - interval '180 days'
        order by known.updated_at desc
        limit 200
    ), said as materialized (
        select message.id, message.conversation_id,
            tsvector_to_array(strip(to_tsvector(rules, message.content))) as words
        from talked
        cross join lateral (
            select one.id, one.conversation_id, one.content from app.messages as one
            where one.tenant_id = tenant and one.user_id = me and one.conversation_id = talked.id
                and one.role = 'user' and length(one.content) <= 1000 and one.parts = '[]'
            order by one.id desc
            limit 50
        ) as message
    ), grouped as (
        select (array_agg(said.id order by said.id desc))[1] as newest, count(*)::integer as times,
            array_agg(said.conversation_id) as places, array_agg(said.id) as ids
        from said
        where said.words <> '{}'
        group by said.words
        having count(*) > 1
        order by 2 desc, 1 desc
        limit least(greatest(wanted, 1), 50)
    )
    select grouped.newest, grouped.times, (
        select answer.id
        from unnest(grouped.places, grouped.ids) as one (conversation_id, id)
        join app.messages as answer
            on answer.tenant_id = tenant and answer.conversation_id = one.conversation_id and answer.parent_id = one.id
        where answer.user_id = me and answer.role = 'assistant' and answer.status = 'complete' and answer.content <> ''
        order by answer.id desc
        limit 1
    )
    from grouped
    order by grouped.times desc, grouped.newest desc;
end
$$;
grant execute on function context.frequent_questions(integer) to rowhouse_app;
comment on function context.frequent_questions(integer) is
    'The keys of what the caller asked more than once in the last half year, how often, and of the last whole answer.';
reset role;
