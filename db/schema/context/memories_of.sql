-- What is remembered of somebody in a company, the newest first.
set local role rowhouse_definer;
create or replace function context.memories_of(tenant uuid, person uuid) returns text[]
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select array(
        select known.content from app.memories as known
        where known.tenant_id = tenant and known.user_id = person
        order by known.id desc
    )
$$;
comment on function context.memories_of(uuid, uuid) is 'What is remembered of a person in a company, the newest first.';
reset role;
