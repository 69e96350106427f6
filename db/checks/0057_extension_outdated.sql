-- title: An extension older than the server offers
-- level: warning
-- rationale: The library was updated with the server; the SQL side was not. Mends of security faults in extension scripts
--   (CVE-2022-2625, CVE-2023-39417) come only with the update.
-- mend: Update it.
-- splinter: 0022
select 'extension ' || quote_ident(name) as object,
    format('is version %s; the server offers %s', installed_version, default_version) as detail,
    format('alter extension %I update;', name) as mend
from pg_available_extensions
where installed_version <> default_version
