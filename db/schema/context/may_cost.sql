-- Whether a model may cost anything now: every budget that it concerns has some room in this period, and its price is known where there is
-- one. What a call really needs, context.reserve() finds out.
set local role rowhouse_definer;
create or replace function context.may_cost(tenant uuid, team uuid, person uuid, model text) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(bool_and(
        context.price_of(may_cost.model, 1, 0, 0, 0) is not null
        and budget.reserved_micros
            + case when budget.period_start < date_trunc(budget.period, now(), 'UTC') then 0 else budget.spent_micros end
            < budget.cap_micros), true)
    from app.budgets as budget
    where budget.tenant_id = tenant and case budget.level
        when 'tenant' then true
        when 'team' then budget.subject_id = team
        when 'user' then budget.subject_id = person
        when 'model' then budget.model = may_cost.model
    end
$$;
comment on function context.may_cost(uuid, uuid, uuid, text) is
    'Whether the budgets that a model concerns have any room, and its price is known where there are such.';
reset role;
