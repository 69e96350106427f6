-- title: What PostgreSQL gives to everybody, and requests need nothing of
-- level: info
-- rationale: Whoever gets SQL of their own into a request finds these open: they run queries from inside a query, store things outside
--   every tenant, look at other sessions or end them, and count what others do.
-- mend: Revoke from public; only a superuser may. Grant it back to the roles that look after the server.
select kind as object,
    format('%s open to everybody: %s', count(*), string_agg(distinct why, '; ')) as detail,
    string_agg(format('revoke all on %s %s from public;', case object when 'view' then 'table' else object end, name), ' ' order by name) as mend
from inspect.side_doors
where open
group by kind
