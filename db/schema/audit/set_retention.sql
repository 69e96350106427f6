-- How long no tenant's trail may be kept shorter than, and how long the trail that is no tenant's; the row is audited as others are.
set local role rowhouse_definer;
create or replace function audit.set_retention(at_least integer, platform integer) returns audit.retention
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update audit.retention as rule set least_months = at_least, platform_months = platform returning rule.*
$$;
grant execute on function audit.set_retention(integer, integer) to rowhouse_owner;
comment on function audit.set_retention(integer, integer) is
    'For the operator: months below which no tenant''s trail may be kept, and months for the trail that is no tenant''s (null: without end).';
reset role;
