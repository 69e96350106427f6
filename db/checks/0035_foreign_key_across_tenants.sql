-- title: A foreign key that can point into another tenant
-- level: error
-- rationale: Foreign keys are checked behind row security. One without the tenant accepts another tenant's row, and by accepting
--   or refusing tells whether it exists.
-- mend: Begin it with the tenant on both sides.
with crossing as (
    select referrer.id, referrer.name, key.*, target.name as target_name, target.tenant as target_tenant, referrer.tenant
    from inspect.checked_tables() as referrer
    join pg_constraint as key on key.conrelid = referrer.id and key.contype = 'f' and key.conparentid = 0
    join inspect.checked_tables() as target on target.id = key.confrelid
    where referrer.tenant is not null and target.tenant is not null and referrer.reached
        and key.confdeltype not in ('c', 'n', 'd')
        and not exists (
            select from unnest(key.conkey, key.confkey) as pair (mine, theirs)
            where pair.mine = referrer.tenant and pair.theirs = target.tenant
        )
)
select format('foreign key %s on %s', conname, name) as object,
    format('(%s) references %s without %s', mine, target_name, inspect.tenant_column()) as detail,
    case when exists (
        select from pg_index where indrelid = confrelid and indisunique
            and indkey::smallint[] @> (target_tenant || confkey) and indnatts = cardinality(confkey) + 1
    ) then '' else format('alter table %s add unique (%I, %s); ', target_name, inspect.tenant_column(), theirs) end
        || format('alter table %1$s drop constraint %2$I, add constraint %2$I foreign key (%3$I, %4$s) references %5$s (%3$I, %6$s)%7$s;',
            name, conname, inspect.tenant_column(), mine, target_name, theirs, rest) as mend
from crossing
cross join lateral (
    select string_agg(quote_ident(a.attname), ', ' order by place) as mine, string_agg(quote_ident(b.attname), ', ' order by place) as theirs
    from unnest(conkey, confkey) with ordinality as pair (left_, right_, place)
    join pg_attribute as a on a.attrelid = conrelid and a.attnum = left_
    join pg_attribute as b on b.attrelid = confrelid and b.attnum = right_
) as columns
-- What stands behind the columns: match, actions, deferrable, not valid.
cross join lateral (
    select substr(pg_get_constraintdef(oid), length(format('FOREIGN KEY (%s) REFERENCES %s(%s)', mine, target_name, theirs)) + 1) as rest
) as definition
