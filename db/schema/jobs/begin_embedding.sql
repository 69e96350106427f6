-- Holds what embedding a claimed document may cost, in the budgets of its company, its team, whoever brought it and the model, as a turn of its
-- own. Returns no row where the claim is over, and then nothing is to be embedded; the turn; or why nothing may be embedded:
-- budget_exceeded or price_unknown. Then the document is found by its words, and jobs.queue_outdated() has it embedded once there is room.
--
-- settlement: a secret, for jobs.settle_embedding()
-- tokens:     how many it may be at most
set local role rowhouse_definer;
create or replace function jobs.begin_embedding(
    tenant uuid, document uuid, attempt integer, settlement bytea, model text, tokens integer
)
    returns table (turn uuid, failure text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine    app.documents;
    price   constant bigint := context.price_of(model, tokens, 0, 0, 0);
    budgets uuid[];
begin
    select * into mine from jobs.claimed_document(tenant, document, attempt);
    if not found then
        return;
    end if;
    begin
        budgets := context.reserve(mine.tenant_id, mine.team_id, mine.user_id, null, model, price);
    exception
        when sqlstate 'RH450' then
            failure := 'budget_exceeded';
        when sqlstate 'RH451' then
            failure := 'price_unknown';
    end;
    if failure is null then
        insert into auth.turns (
            tenant_id, user_id, team_id, credential_kind, credential_id, settlement, generator, model, held_micros, budgets, lease_until, embeds_for
        ) values (
            mine.tenant_id, mine.user_id, mine.team_id, 'job', mine.user_id, sha256(settlement), 'embedding', model,
            case when budgets = '{}' then 0 else coalesce(price, 0) end, budgets, now() + interval '10 minutes', mine.id
        )
        returning id into turn;
    end if;
    return next;
end
$$;
grant execute on function jobs.begin_embedding(uuid, uuid, integer, bytea, text, integer) to rowhouse_worker;
comment on function jobs.begin_embedding(uuid, uuid, integer, bytea, text, integer) is
    'Holds what embedding a claimed document may cost; returns the turn that settles it, or why nothing may be embedded.';
reset role;
