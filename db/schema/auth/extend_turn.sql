-- Holds what a further step of a turn may cost, beside what is held: a model that has a tool called is asked again with what came of it.
-- All that is held is let go and held anew, in one transaction, so that budgets which came or went meanwhile are counted right.
--
-- Returns whether the turn goes on; false: it is over. Raises RH404, RH450, RH451.
set local role rowhouse_definer;
create or replace function auth.extend_turn(
    tenant uuid, turn uuid, settlement bytea, most_input_tokens integer, most_output_tokens integer
) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine  auth.turns;
    price bigint;
    taken uuid[];
begin
    select * into mine from auth.turns as known
    where known.tenant_id = tenant and known.id = turn and known.settlement = sha256(extend_turn.settlement)
    for no key update;
    if not found then
        perform context.refuse_missing('turn');
    end if;
    if mine.settled_at is not null or mine.lost_at is not null then
        return false;
    end if;
    perform context.act(mine.user_id, mine.tenant_id, '{}');
    perform context.release(
        array_fill(mine.tenant_id, array[cardinality(mine.budgets)]), mine.budgets,
        array_fill(mine.held_micros, array[cardinality(mine.budgets)]), array_fill(0::bigint, array[cardinality(mine.budgets)]));
    price := mine.held_micros + context.price_of(mine.model, most_input_tokens, 0, most_output_tokens, 0);
    taken := context.reserve(
        mine.tenant_id, mine.team_id, mine.user_id, case mine.credential_kind when 'api_key' then mine.credential_id end,
        mine.model, price);
    update auth.turns as known set budgets = taken, held_micros = case when taken = '{}' then 0 else price end
    where known.tenant_id = mine.tenant_id and known.id = mine.id;
    return true;
end
$$;
grant execute on function auth.extend_turn(uuid, uuid, bytea, integer, integer) to rowhouse_auth;
comment on function auth.extend_turn(uuid, uuid, bytea, integer, integer) is
    'Holds what a further step of a turn may cost; returns whether the turn goes on. Raises RH404, RH450, RH451.';
reset role;
