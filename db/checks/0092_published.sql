-- title: Tenants' rows in a publication
-- level: warning
-- rationale: Logical replication reads the log, where there is no row security: whoever subscribes gets every tenant's rows.
-- mend: Take the table out, or accept it with who subscribes and why.
select format('%s in publication %s', string_agg(checked.name, ', ' order by checked.name), quote_ident(pubname)) as object,
    'subscribers receive all tenants'' rows' as detail,
    case when bool_or(puballtables) or bool_or(by_schema) then format('drop publication %I;', pubname)
        else format('alter publication %I drop table %s;', pubname, string_agg(checked.name, ', ' order by checked.name)) end as mend
from pg_publication as publication
cross join lateral pg_get_publication_tables(pubname) as published
join inspect.checked_tables() as checked on checked.id = published.relid and tenant is not null
cross join lateral (select exists (select from pg_publication_namespace where pnpubid = publication.oid) as by_schema) as kind
where published.qual is null
group by pubname
