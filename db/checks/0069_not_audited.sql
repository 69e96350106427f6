-- title: A table whose changes leave no trail
-- level: warning
-- rationale: Who changed it, and what it was before, cannot be answered. Asked only where there is a trail: a schema audit, whose
--   triggers record changes. A table's comment may say "Not audited:" and why.
-- mend: Track it.
select name as object,
    'no trigger records its inserts, updates and deletes' as detail,
    case when not exists (select from pg_proc where pronamespace = to_regnamespace('audit')::oid and proname = 'track')
        then format('comment on table %s is %L;', name, coalesce(rtrim(comment, '. ') || '. ', '') || 'Not audited: …')
        else format('select audit.track(%L, tenant => %L);', name, case when tenant is null then '' else inspect.tenant_column() end)
    end as mend
from inspect.checked_tables() as checked
where not partition and coalesce(comment, '') !~* '\mnot audited:'
    and exists (select from pg_trigger join pg_proc on pg_proc.oid = tgfoid where pronamespace = to_regnamespace('audit')::oid)
    and (
        -- Bits of tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update.
        select coalesce(bit_or(tgtype::int & 28), 0) from pg_trigger join pg_proc on pg_proc.oid = tgfoid
        where tgrelid = checked.id and pronamespace = to_regnamespace('audit')::oid
            and tgtype::int & 1 = 1 and tgtype::int & 2 = 0
    ) <> 28
