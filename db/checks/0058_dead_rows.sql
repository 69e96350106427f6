-- title: A table of dead rows
-- level: info
-- rationale: More dead rows than live ones, and at least 10,000: autovacuum is off, blocked by an old transaction or too slow, and
--   every scan pays. What was deleted is also still on disk.
-- mend: Vacuum, and look for the reason.
-- splinter: 0020
select name as object,
    format('has %s dead rows and %s live ones', n_dead_tup, n_live_tup) as detail,
    format('vacuum (analyze) %s;', name) as mend
from inspect.checked_tables()
join pg_stat_user_tables on relid = id
where n_dead_tup >= 10000 and n_dead_tup > n_live_tup
