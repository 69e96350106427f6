-- How many messages there are from one up its parents, to 1,001: who asks wants to know whether they are too many.
set local role rowhouse_definer;
create or replace function context.length_of_line(tenant uuid, conversation uuid, newest uuid) returns integer
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    with recursive line as (
        select said.parent_id, 1 as place from app.messages as said
        where said.tenant_id = tenant and said.conversation_id = conversation and said.id = newest
        union all
        select said.parent_id, line.place + 1
        from line
        join app.messages as said
            on said.tenant_id = tenant and said.conversation_id = conversation and said.id = line.parent_id
        where line.place <= 1000
    )
    select count(*)::integer from line
$$;
comment on function context.length_of_line(uuid, uuid, uuid) is
    'How many messages there are from one up its parents, to 1,001.';
reset role;
