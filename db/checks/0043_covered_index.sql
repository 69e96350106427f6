-- title: An index that another one begins with
-- level: info
-- rationale: Whatever the shorter index can find, the longer finds as well; every write pays for both.
-- mend: Drop the shorter one.
with indexes as (
    select indexrelid, indrelid, indisunique, indnkeyatts,
        string_to_array(indkey::text, ' ') as columns, string_to_array(indclass::text, ' ') as classes,
        string_to_array(indoption::text, ' ') as options, string_to_array(indcollation::text, ' ') as collations
    from inspect.checked_tables() as checked
    join pg_index on indrelid = checked.id and indisvalid and indpred is null and indexprs is null and indnatts = indnkeyatts
    join pg_class on pg_class.oid = indexrelid and relam = (select oid from pg_am where amname = 'btree')
    where not checked.partition
)
select short.indexrelid::regclass::text as object,
    'is the beginning of ' || min(long.indexrelid::regclass::text) as detail,
    format('drop index %s;', short.indexrelid::regclass) as mend
from indexes as short
join indexes as long on long.indrelid = short.indrelid and long.indnkeyatts > short.indnkeyatts
    and long.columns[1:short.indnkeyatts] = short.columns and long.classes[1:short.indnkeyatts] = short.classes
    and long.options[1:short.indnkeyatts] = short.options and long.collations[1:short.indnkeyatts] = short.collations
where not short.indisunique
group by short.indexrelid
