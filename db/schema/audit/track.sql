-- Puts a table under audit; idempotent. Its key columns are read from its primary key.
--
-- target:   the table
-- kept:     columns whose values the trail holds; its key and its tenant are always among them
-- withheld: columns whose values the trail must never hold: secrets, what people said
-- tenant:   the column that holds the tenant; '' for a table of no tenant
-- clocks:   columns whose change alone is no event, because something else that is recorded moves them
--
-- A column in neither list is withheld too, until somebody decides.
--
-- How severe changes of it are, the catalogue says (event_types.sql). Of a table that is not there, rows are its people's daily
-- work, and that one is gone is worth a line more: so it comes in.
create or replace function audit.track(
    target regclass, kept text[] default '{}', withheld text[] default '{}', tenant text default 'tenant_id',
    clocks text[] default '{}'
)
    returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    columns text[] := array(
        select attname from pg_catalog.pg_attribute
        where attrelid = target and attnum > 0 and not attisdropped
    );
    key     text[] := array(
        select attribute.attname
        from pg_catalog.pg_index as index
        cross join unnest(index.indkey) with ordinality as part (attnum, place)
        join pg_catalog.pg_attribute as attribute
            on attribute.attrelid = index.indrelid and attribute.attnum = part.attnum
        where index.indrelid = target and index.indisprimary
        order by part.place
    );
    implied text[] := array_remove(array[tenant], '') || key;
    called  text := (
        select schema.nspname || '.' || relation.relname
        from pg_catalog.pg_class as relation
        join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
        where relation.oid = target
    );
    severity text;
begin
    if cardinality(key) = 0 then
        raise exception using errcode = 'RH400', message = format('%s has no primary key, so the trail could not name its rows', target);
    end if;
    if not (implied || kept || withheld || clocks) <@ columns then
        raise exception using errcode = 'RH400', message = format('%s lacks a column named in audit.track()', target);
    end if;
    if (implied || kept) && withheld then
        raise exception using errcode = 'RH400', message = format('audit.track() is to keep and to withhold the same column of %s', target);
    end if;
    insert into audit.event_types (action, table_name, severity, meaning)
    values
        ('insert', called, 'informational', format('Added: a row of %s.', called)),
        ('update', called, 'informational', format('Changed: a row of %s.', called)),
        ('delete', called, 'low', format('Removed: a row of %s.', called))
    on conflict (action, table_name) do nothing;
    select string_agg(type.severity, ',' order by array_position('{insert,update,delete}', type.action)) into severity
    from audit.event_types as type
    where type.table_name = called and type.action in ('insert', 'update', 'delete');
    execute format(
        'create or replace trigger audit_changes after insert or update or delete on %s '
        'for each row execute function audit.record_change(%L, %L, %L, %L, %L, %L)',
        target, tenant, array_to_string(key, ','),
        array_to_string(array(select distinct unnest(implied || kept) order by 1), ','), array_to_string(withheld, ','),
        array_to_string(clocks, ','), severity
    );
    execute format(
        'create or replace trigger audit_truncate before truncate on %s '
        'for each statement execute function audit.refuse_change()',
        target
    );
end
$$;
comment on function audit.track(regclass, text[], text[], text, text[]) is
    'Puts a table under audit: every insert, update and delete is recorded, truncate is refused. Only the values of the columns that are kept are in the trail.';
