-- The rows of a tenant's table as they were at a moment, as far as the trail keeps their values. tenant: audit.platform() for
-- tables of no tenant.
create or replace function inspect.rows_at(tenant uuid, table_name text, moment timestamptz) returns setof jsonb
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select last.new_row
    from (
        select distinct on (event.row_id) event.new_row
        from audit.events as event
        where event.tenant_id = tenant and event.table_name = rows_at.table_name and event.at <= moment
        order by event.row_id, event.at desc, event.id desc
    ) as last
    where last.new_row is not null
$$;
comment on function inspect.rows_at(uuid, text, timestamptz) is
    'The rows of a table as they were at a moment, rebuilt from the trail; without the values that it withholds.';
