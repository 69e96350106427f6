-- Has the planner take every value of a key for the most common one. It plans before it knows whose rows it will read, and
-- so thinks of the mean of thousands of small tenants. To it, any index that begins with the tenant and holds what is
-- wanted is then as good as the key: one row's look-up reads a large tenant's whole index. What suits the largest costs a
-- small one nothing.
--
-- One distinct value would be all of the table; PostgreSQL takes the share of the most common one instead, where it has it.
create or replace function context.plan_for_largest(target regclass, key name) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    if exists (select from pg_catalog.pg_attribute where attrelid = target and attname = key) then
        execute format('alter table %s alter column %I set (n_distinct = 1, n_distinct_inherited = 1)', target, key);
    end if;
end
$$;
comment on function context.plan_for_largest(regclass, name) is
    'Has statements be planned as for the most common value of a key, such as the largest tenant, if the table has it.';
