-- title: A delete that reaches into other tenants
-- level: error
-- rationale: Cascades run behind row security, as the table's owner. If the key does not hold the tenant, one tenant's delete
--   removes or empties another's rows, and nothing refuses it.
-- mend: Begin the key with the tenant on both sides; where the target has none, refuse instead of cascading.
with cascading as (
    select referrer.name, key.*, target.name as target_name, target.tenant as target_tenant
    from inspect.checked_tables() as referrer
    join pg_constraint as key on key.conrelid = referrer.id and key.contype = 'f' and key.conparentid = 0
    left join inspect.checked_tables() as target on target.id = key.confrelid
    where referrer.tenant is not null and referrer.reached and key.confdeltype in ('c', 'n', 'd')
        and referrer.tenant <> all (key.conkey)
)
select format('foreign key %s on %s', conname, name) as object,
    format('(%s) references %s on delete %s, without %s', mine, confrelid::regclass, action, inspect.tenant_column()) as detail,
    case when target_tenant is null
        then format('alter table %1$s drop constraint %2$I, add constraint %2$I foreign key (%3$s) references %4$s (%5$s);', name, conname, mine, confrelid::regclass, theirs)
        else case when exists (
                select from pg_index where indrelid = confrelid and indisunique
                    and indkey::smallint[] @> (target_tenant || confkey) and indnatts = cardinality(confkey) + 1
            ) then '' else format('alter table %s add unique (%I, %s); ', target_name, inspect.tenant_column(), theirs) end
            || format('alter table %1$s drop constraint %2$I, add constraint %2$I foreign key (%3$I, %4$s) references %5$s (%3$I, %6$s) on delete %7$s;',
                name, conname, inspect.tenant_column(), mine, target_name, theirs,
                case confdeltype when 'c' then 'cascade' else format('%s (%s)', action, mine) end)
    end as mend
from cascading
cross join lateral (select case confdeltype when 'c' then 'cascade' when 'n' then 'set null' else 'set default' end as action) as said
cross join lateral (
    select string_agg(quote_ident(a.attname), ', ' order by place) as mine, string_agg(quote_ident(b.attname), ', ' order by place) as theirs
    from unnest(conkey, confkey) with ordinality as pair (left_, right_, place)
    join pg_attribute as a on a.attrelid = conrelid and a.attnum = left_
    join pg_attribute as b on b.attrelid = confrelid and b.attnum = right_
) as columns
