-- title: Several permissive policies for one role and command
-- level: info
-- rationale: They add up with OR: each must be evaluated, and the reader has to hold all of them in mind to know what is
--   allowed. Sometimes two sentences are clearer than one; then accept it with that reason.
-- mend: One policy with both predicates.
-- splinter: 0006
with applied as (
    select policy.*, role, applies
    from inspect.checked_policies() as policy
    cross join lateral (
        select unnest(case when command = 'ALL' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE'] else array[command] end)
    ) as commands (applies)
    cross join lateral (
        select role from unnest(policy.roles) as role where role <> 0
        union
        select other from pg_policy, unnest(polroles) as other
        where polrelid = policy.relation and policy.roles = '{0}' and other <> 0
        union
        select 0::oid where policy.roles = '{0}' and not exists (
            select from pg_policy where polrelid = policy.relation and polroles <> '{0}')
    ) as held (role)
    where permissive and coalesce(using_, check_, 'false') <> 'false'
)
select format('policies on %s for %s to %s', on_table, applies, case when role = 0 then 'public' else role::regrole::text end) as object,
    string_agg(format('"%s"', name), ', ' order by name) as detail,
    case when count(distinct (command, roles)) = 1 then
        format('alter policy %I on %s', min(name), on_table)
        || coalesce(' using (' || string_agg('(' || using_ || ')', ' or ' order by name) || ')', '')
        || coalesce(' with check (' || string_agg('(' || coalesce(check_, using_) || ')', ' or ' order by name)
            filter (where command not in ('SELECT', 'DELETE')) || ')', '') || '; '
        || string_agg(format('drop policy %I on %s;', name, on_table), ' ' order by name)
            filter (where name <> first)
    else '-- They differ in command or roles: write one policy for each command, and drop the rest.' end as mend
from (select applied.*, min(name) over (partition by relation, applies, role) as first from applied) as applied
group by relation, on_table, applies, role
having count(*) > 1
