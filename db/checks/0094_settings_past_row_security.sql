-- title: A role for whom row security is switched off or replication is played
-- level: error
-- rationale: session_replication_role = replica silences triggers (the trail) and foreign keys; row_security = off makes queries
--   fail instead of being filtered. As a default of a role or database it is found last.
-- mend: Reset it.
select format('%s of %s', split_part(setting, '=', 1), owner) as object,
    'is set to ' || split_part(setting, '=', 2) as detail,
    format('alter %s reset %s;', owner || within, split_part(setting, '=', 1)) as mend
from pg_db_role_setting
cross join unnest(setconfig) as setting
cross join lateral (
    select case when setrole = 0 then 'database ' || quote_ident((select datname from pg_database where pg_database.oid = setdatabase)) else 'role ' || setrole::regrole end as owner,
        case when setrole <> 0 and setdatabase <> 0 then ' in database ' || quote_ident((select datname from pg_database where pg_database.oid = setdatabase)) else '' end as within
) as named
where setdatabase in (0, (select pg_database.oid from pg_database where datname = current_database()))
    and (setting ~* '^session_replication_role=(replica|local)$' or setting ~* '^row_security=(off|false|no|0)$')
