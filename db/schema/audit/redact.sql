-- A row as the trail may hold it: only the values of the columns in `kept`. Of the others it says that there is
-- something ("[redacted]"), nothing (null), or, compared with the row before, something else ("[changed]"). A column
-- that nobody decided about is in neither list, so a new one stays out of the trail until somebody does.
--
-- A loop over the few names, because each query in a function of the trail costs every write as much as all of this.
create or replace function audit.redact(value jsonb, kept text[], withheld text[], before jsonb default null) returns jsonb
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
declare
    hidden   text[] := withheld;
    redacted jsonb := value;
    name     text;
begin
    if value - kept - withheld <> '{}' then
        hidden := array(select jsonb_object_keys(value - kept));
    end if;
    foreach name in array hidden loop
        if value -> name <> 'null' then
            redacted := redacted || jsonb_build_object(
                name, case when before -> name <> value -> name then '[changed]' else '[redacted]' end);
        end if;
    end loop;
    return redacted;
end
$$;
grant execute on function audit.redact(jsonb, text[], text[], jsonb) to rowhouse_definer;
comment on function audit.redact(jsonb, text[], text[], jsonb) is
    'The row with each value that is not kept replaced by "[redacted]", or "[changed]" if it differs from the row before; nulls stay, so that the trail tells set from unset.';
