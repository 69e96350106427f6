-- A new budget begins with its period, and counts what was spent in it before: a cap that is set in the middle of a month is
-- one for that month.
set local role rowhouse_definer;
create or replace function app.open_budget() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    new.period_start := date_trunc(new.period, now(), 'UTC');
    select coalesce(sum(event.cost_micros), 0) into new.spent_micros
    from app.usage_events as event
    where event.tenant_id = new.tenant_id and event.tenant_id = context.tenant_id() and event.created_at >= new.period_start
        and case new.level
            when 'tenant' then true
            when 'team' then event.team_id = new.subject_id
            when 'user' then event.user_id = new.subject_id
            when 'key' then event.api_key_id = new.subject_id
            when 'model' then event.model = new.model
        end;
    return new;
end
$$;
grant execute on function app.open_budget() to rowhouse_owner;
comment on function app.open_budget() is
    'Trigger: a budget begins with its period and counts what was spent in it already.';
reset role;

create or replace trigger open_budget before insert on app.budgets
    for each row execute function app.open_budget();
