-- Locks every budget that any of these models concerns, in the order of their ids, for who reserves for one after the other: whoever else
-- comes takes them in the same order, and nobody waits in a circle.
set local role rowhouse_definer;
create or replace function context.lock_budgets(tenant uuid, team uuid, person uuid, key uuid, models text[]) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform from app.budgets as budget
    where budget.tenant_id = tenant and case budget.level
        when 'tenant' then true
        when 'team' then budget.subject_id = team
        when 'user' then budget.subject_id = person
        when 'key' then budget.subject_id = key
        when 'model' then budget.model = any (models)
    end
    order by budget.id
    for no key update;
end
$$;
comment on function context.lock_budgets(uuid, uuid, uuid, uuid, text[]) is
    'Locks the budgets that some models concern, in a fixed order.';
reset role;
