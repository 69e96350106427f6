-- Holds what an answer may cost at most in every budget that it concerns, or in none: one statement, which locks them in the
-- order of their ids before it looks, so that writers who come from different sides wait for each other and never in a
-- circle. A budget whose period is over begins its next one here. What is held stays held over a change of period.
--
-- hold: null where nobody knows the price, which no budget lets through.
-- Returns the budgets. Raises RH450 (the detail is the level) and RH451.
set local role rowhouse_definer;
create or replace function context.reserve(tenant uuid, team uuid, person uuid, key uuid, model text, hold bigint) returns uuid[]
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    concerned uuid[];
    held      uuid[];
    full_one  app.budgets;
begin
    if hold = 0 then
        return '{}';
    end if;
    with concern as materialized (
        select budget.id from app.budgets as budget
        where budget.tenant_id = tenant and case budget.level
            when 'tenant' then true
            when 'team' then budget.subject_id = team
            when 'user' then budget.subject_id = person
            when 'key' then budget.subject_id = key
            when 'model' then budget.model = reserve.model
        end
        order by budget.id
        for no key update
    ), taken as (
        update app.budgets as budget set
            reserved_micros = budget.reserved_micros + hold,
            spent_micros = case when budget.period_start < date_trunc(budget.period, now(), 'UTC') then 0 else budget.spent_micros end,
            period_start = greatest(budget.period_start, date_trunc(budget.period, now(), 'UTC'))
        from concern
        where budget.tenant_id = tenant and budget.id = concern.id
            and budget.reserved_micros + hold
                + case when budget.period_start < date_trunc(budget.period, now(), 'UTC') then 0 else budget.spent_micros end
                <= budget.cap_micros
        returning budget.id
    )
    select coalesce(array_agg(concern.id), '{}'), coalesce(array_agg(taken.id) filter (where taken.id is not null), '{}')
    into concerned, held
    from concern left join taken on taken.id = concern.id;

    if cardinality(concerned) > 0 and hold is null then
        raise exception using
            errcode = 'RH451',
            message = format('nobody knows what the model %s costs, and there is a budget', model),
            hint = 'Ask for a model with a price, or have the price of this one entered.';
    end if;
    if cardinality(held) < cardinality(concerned) then
        -- What was taken of the others goes back with the transaction.
        select * into full_one from app.budgets as budget
        where budget.tenant_id = tenant and budget.id = any (concerned) and budget.id <> all (held)
        order by budget.id limit 1;
        raise exception using
            errcode = 'RH450',
            message = format(
                'the budget of the %s for this %s is used up: of %s micro-units %s are used or held, and this answer may cost %s',
                full_one.level, full_one.period, full_one.cap_micros,
                full_one.reserved_micros + case
                    when full_one.period_start < date_trunc(full_one.period, now(), 'UTC') then 0 else full_one.spent_micros end,
                hold),
            detail = full_one.level,
            hint = 'Wait for the next period, ask for a shorter answer or a cheaper model, or have the cap raised.';
    end if;
    return held;
end
$$;
comment on function context.reserve(uuid, uuid, uuid, uuid, text, bigint) is
    'Holds what an answer may cost in every budget that it concerns, or in none; returns them. Raises RH450, RH451.';
reset role;
