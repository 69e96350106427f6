-- title: A grant that row security does not see
-- level: error
-- rationale: TRUNCATE empties all tenants' rows; REFERENCES lets its holder ask, by foreign keys, which rows exist; TRIGGER lets it run
--   code as whoever writes; MAINTAIN locks and rewrites the table. No policy is asked.
-- mend: Revoke.
select format('%s for %s', name, grantee) as object,
    format('%s is granted', string_agg(distinct lower(privilege), ', ' order by lower(privilege))) as detail,
    format('revoke %s on %s from %s;', string_agg(distinct lower(privilege), ', ' order by lower(privilege)), name, grantee) as mend
from inspect.checked_grants()
where kind in ('r', 'p') and not partition and privilege in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')
group by name, grantee
