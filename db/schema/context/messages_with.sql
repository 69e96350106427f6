-- Messages of one person that have words, by the keys of these: all of them or any. The keys are of this person's words only, and so is
-- what the index reads; the fence, offset 0, has it asked first, because the planner knows nobody's words. Inlined, so no `set`.
set local role rowhouse_definer;
create or replace function context.messages_with(tenant uuid, person uuid, keys bigint[], every boolean)
    returns setof context.message_words
    language sql stable parallel restricted security invoker
begin atomic
    select hit.* from (
        select * from context.message_words as known where every and known.words @> keys
        union all
        select * from context.message_words as known where not every and known.words && keys
        offset 0
    ) as hit
    where hit.tenant_id = tenant and hit.user_id = person;
end;
comment on function context.messages_with(uuid, uuid, bigint[], boolean) is
    'The messages of one person that have all or any of the words with these keys.';
reset role;
