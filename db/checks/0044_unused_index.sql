-- title: An index that nothing used
-- level: info
-- rationale: Every write pays for it. Only asked of tables that are big and busy enough for the statistics to mean something:
--   10,000 rows and 1,000 scans since they were last reset. A standby may use what the primary does not.
-- mend: Drop it.
-- splinter: 0005
select indexrelid::regclass::text as object,
    format('was never used in %s scans of %s', used.seq_scan + coalesce(used.idx_scan, 0), name) as detail,
    format('drop index %s;', indexrelid::regclass) as mend
from inspect.checked_tables() as checked
join pg_stat_user_tables as used on used.relid = checked.id
    and used.n_live_tup >= 10000 and used.seq_scan + coalesce(used.idx_scan, 0) >= 1000
join pg_stat_user_indexes as index on index.relid = checked.id and index.idx_scan = 0
join pg_index using (indexrelid)
where not indisunique and not exists (select from pg_constraint where conindid = indexrelid)
