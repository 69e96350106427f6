-- Takes the word of whoever asked on all the calls of an answer that wait for it, once, and makes the answer one that is being written
-- by this turn. What is to be called, and how, stands in the answer: of the caller come ids and yes or no, and nothing else.
--
-- place:     the conversation, if the caller names one
-- approvals: [{id, approved, reason}]
-- Raises RH400 where a call is left without a word, RH404 for what is not the caller's, RH460 a second time, RH461 after a day, RH462
-- where yes is said to a tool that changed.
set local role rowhouse_definer;
create or replace function context.decide_calls(
    tenant uuid, person uuid, own uuid[], turn uuid, conversation uuid, approvals jsonb, out answer uuid, out decided jsonb
)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    said_then app.messages;
    named  constant uuid[] := array(select distinct (one ->> 'id')::uuid from jsonb_array_elements(approvals) as one);
    known  auth.tool_approvals;
    others integer;
begin
    if cardinality(named) <> jsonb_array_length(approvals) then
        raise exception using errcode = 'RH400', message = 'an approval is named twice', column = 'approvals';
    end if;
    select * into known from auth.tool_approvals as waiting
    where waiting.tenant_id = tenant and waiting.user_id = person and waiting.id = any (named) limit 1;
    if not found then
        perform context.refuse_missing('approval');
    end if;
    -- Its row is what two at once wait for.
    select * into said_then from app.messages as said
    where said.tenant_id = tenant and said.id = known.answer_id and said.user_id = person and said.deleted_at is null
        and (decide_calls.conversation is null or said.conversation_id = decide_calls.conversation)
        and (said.team_id is null or said.team_id = any (coalesce(own, '{}')))
    for no key update;
    if not found or (
        select count(*) <> cardinality(named) from auth.tool_approvals as waiting
        where waiting.tenant_id = tenant and waiting.user_id = person and waiting.answer_id = said_then.id and waiting.id = any (named)
    ) then
        perform context.refuse_missing('approval');
    end if;
    for known in
        select * from auth.tool_approvals as waiting where waiting.tenant_id = tenant and waiting.id = any (named) order by waiting.id
    loop
        if known.decided_at is not null then
            raise exception using errcode = 'RH460', message = 'whether this tool is called was decided before';
        end if;
        if known.expires_at <= now() then
            raise exception using
                errcode = 'RH461', message = 'the call of the tool waited for longer than a day',
                hint = 'Ask the question again.';
        end if;
    end loop;
    select count(*) into others from auth.tool_approvals as waiting
    where waiting.tenant_id = tenant and waiting.answer_id = said_then.id and waiting.decided_at is null and waiting.id <> all (named);
    if others > 0 then
        raise exception using
            errcode = 'RH400', message = format('%s more calls of the answer wait for a word', others), column = 'approvals',
            hint = 'Say yes or no to each of them at once.';
    end if;
    if exists (
        select from auth.tool_approvals as waiting
        join jsonb_array_elements(approvals) as one on (one ->> 'id')::uuid = waiting.id and (one ->> 'approved')::boolean
        where waiting.tenant_id = tenant and not context.usable_tool(tenant, waiting.tool_id, waiting.fingerprint, own)
    ) then
        perform context.refuse_tool();
    end if;

    update auth.tool_approvals as waiting set decided_at = now(), approved = (one ->> 'approved')::boolean
    from jsonb_array_elements(approvals) as one
    where waiting.tenant_id = tenant and waiting.id = (one ->> 'id')::uuid;
    select jsonb_agg(jsonb_build_object(
        'id', waiting.id, 'toolId', waiting.tool_id, 'fingerprint', waiting.fingerprint, 'callId', waiting.call_id,
        'approved', waiting.approved, 'reason', one ->> 'reason') order by waiting.id)
    into decided
    from auth.tool_approvals as waiting
    join jsonb_array_elements(approvals) as one on (one ->> 'id')::uuid = waiting.id
    where waiting.tenant_id = tenant;
    update app.messages as said set status = 'streaming', turn_id = turn, finish_reason = null, error_code = null
    where said.tenant_id = tenant and said.id = said_then.id;
    answer := said_then.id;
end
$$;
comment on function context.decide_calls(uuid, uuid, uuid[], uuid, uuid, jsonb) is
    'Takes the word of whoever asked on all calls of an answer that wait for it, once. Raises RH400, RH404, RH460, RH461, RH462.';
reset role;
