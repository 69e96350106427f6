-- Asks for the end of one turn of the caller's, from whichever of their devices. Whoever streams it sees that within a second
-- (auth.watch_turns) and settles what was said until then. It names its turn, so one that comes late stops no newer one.
-- Returns whether the turn was under way.
set local role rowhouse_definer;
create or replace function context.stop_turn(turn uuid) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('chat');
    mine   auth.turns;
begin
    select * into mine from auth.turns as known
    where known.tenant_id = tenant and known.id = turn and known.user_id = context.user_id()
    for no key update;
    if not found then
        perform context.refuse_missing('turn');
    end if;
    if mine.settled_at is not null or mine.lost_at is not null then
        return false;
    end if;
    update auth.turns as known set stop_asked_at = coalesce(known.stop_asked_at, now())
    where known.tenant_id = tenant and known.id = turn;
    return true;
end
$$;
grant execute on function context.stop_turn(uuid) to rowhouse_app;
comment on function context.stop_turn(uuid) is
    'Asks for the end of one turn of the caller''s; returns whether it was under way. Raises RH403, RH404.';
reset role;
