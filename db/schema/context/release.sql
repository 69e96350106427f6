-- Lets go of what was held of budgets and adds what was spent, in the order of their ids like context.reserve(). Each of the
-- lists has an entry for a budget of a turn; a budget that is no more is passed over.
set local role rowhouse_definer;
create or replace function context.release(tenants uuid[], budgets uuid[], held bigint[], spent bigint[]) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if cardinality(budgets) = 0 then
        return;
    end if;
    with going as (
        select one.tenant_id, one.id, sum(one.held) as held, sum(one.spent) as spent
        from unnest(tenants, budgets, held, spent) as one (tenant_id, id, held, spent)
        group by one.tenant_id, one.id
    ), concern as materialized (
        select budget.tenant_id, budget.id, going.held, going.spent
        from app.budgets as budget
        join going on going.tenant_id = budget.tenant_id and going.id = budget.id
        order by budget.tenant_id, budget.id
        for no key update of budget
    )
    update app.budgets as budget set
        reserved_micros = greatest(budget.reserved_micros - concern.held, 0),
        spent_micros = concern.spent
            + case when budget.period_start < date_trunc(budget.period, now(), 'UTC') then 0 else budget.spent_micros end,
        period_start = greatest(budget.period_start, date_trunc(budget.period, now(), 'UTC'))
    from concern
    where budget.tenant_id = concern.tenant_id and budget.id = concern.id;
end
$$;
comment on function context.release(uuid[], uuid[], bigint[], bigint[]) is
    'Lets go of what was held of budgets and adds what was spent, in a fixed order.';
reset role;
