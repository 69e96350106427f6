-- Deletes conversations, with their messages, that have been in the bin for thirty days: a few at a time, because one may be
-- long. Returns how many. What a legal hold stands over stays in the bin.
set local role rowhouse_definer;
create or replace function jobs.expire_conversations(batch integer default 20) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    gone integer;
begin
    perform audit.heed_holds();
    delete from app.conversations as conversation
    using (
        select old.tenant_id, old.id from app.conversations as old
        where old.deleted_at <= now() - interval '30 days' and audit.hold_of(old.tenant_id, old.user_id) is null
        limit batch
        for update skip locked
    ) as going
    where conversation.tenant_id = going.tenant_id and conversation.id = going.id;
    get diagnostics gone = row_count;
    return gone;
end
$$;
grant execute on function jobs.expire_conversations(integer) to rowhouse_worker;
comment on function jobs.expire_conversations(integer) is
    'Deletes conversations that have been in the bin for thirty days; returns how many, at most a batch.';
reset role;
