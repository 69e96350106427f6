-- Writes down that a tool was called in a turn, or that whoever asked said no, and what came of it: never what it was called with, nor
-- what it said. It needs no credential but the secret of the turn, because a call that a sign-out cut short was a call.
--
-- outcome:  ok, failed, refused (nothing was called), cut (the turn ended meanwhile), denied
-- approval: not_asked, given, denied
-- Raises RH404.
set local role rowhouse_definer;
create or replace function auth.note_tool_call(
    tenant uuid, turn uuid, settlement bytea, tool uuid, name text, outcome text, approval text, milliseconds integer
) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine auth.turns;
begin
    select * into mine from auth.turns as known
    where known.tenant_id = note_tool_call.tenant and known.id = note_tool_call.turn
        and known.settlement = sha256(note_tool_call.settlement);
    if not found then
        perform context.refuse_missing('turn');
    end if;
    perform context.act(mine.user_id, mine.tenant_id, '{}');
    perform audit.record_event('chat.tool_called', mine.tenant_id, jsonb_build_object(
        'turn', mine.id, 'tool', tool, 'name', left(name, 64), 'outcome', outcome, 'approval', approval,
        'milliseconds', milliseconds));
end
$$;
grant execute on function auth.note_tool_call(uuid, uuid, bytea, uuid, text, text, text, integer) to rowhouse_auth;
comment on function auth.note_tool_call(uuid, uuid, bytea, uuid, text, text, text, integer) is
    'Writes into the trail that a tool was called in a turn, and how that went. Raises RH404.';
reset role;
