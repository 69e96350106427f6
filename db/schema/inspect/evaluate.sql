-- What a condition says of a row, under the settings of this session: true, false or null, or how it raises.
--
-- target:    the table
-- key:       the primary key of a row that is there, or null for a row that is not (an insert)
-- new_row:   for a row that is not there: its values. With a key: values that change it
-- condition: from the catalogue, so it can be run as it stands
--
-- refusal is the SQLSTATE, and for refusals of ours the detail. Never the message of others: it could quote the row.
create or replace function inspect.evaluate(
    target regclass, key jsonb, new_row jsonb, condition text,
    out present boolean, out value boolean, out refusal text
)
    language plpgsql stable parallel unsafe security invoker
    set search_path = ''
as $$
declare
    alias  name := (select relname from pg_catalog.pg_class where oid = target);
    source text;
    detail text;
begin
    source := case
        when key is null then format('jsonb_populate_record(null::%s, $2) as %I', target, alias)
        when new_row is null then format('%s as %I', target, alias)
        else format(
            '(select (jsonb_populate_record(%1$I, $2)).* from %2$s as %1$I where %3$s) as %1$I',
            alias, target, inspect.key_condition(target, key)
        )
    end;
    execute format(
        'select true, (%s)::boolean from %s%s', condition, source,
        case when key is not null and new_row is null then ' where ' || inspect.key_condition(target, key) else '' end
    ) into present, value using key, new_row;
    present := coalesce(present, false);
exception
    when others then
        get stacked diagnostics detail = pg_exception_detail;
        present := null;
        value := null;
        refusal := sqlstate || case when sqlstate like 'RH%' then ' ' || detail else '' end;
end
$$;
comment on function inspect.evaluate(regclass, jsonb, jsonb, text) is
    'What a condition says of one row under the settings of this session, or how it raises.';
