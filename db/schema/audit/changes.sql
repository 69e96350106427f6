-- What an event changed, column by column. Of an insert it is what the row began with, of a delete what it last was.
--
-- A value that the trail withholds stays so: "[redacted]" tells that there was one, "[changed]" that it became another, and of
-- one that was erased there is "[erased]". Nothing is null, also where a row says it in JSON.
--
-- Inlined by the planner (so no `set`): it is asked for each event of a page.
create or replace function audit.changes(old_row jsonb, new_row jsonb)
    returns table (column_name text, before jsonb, after jsonb)
    language sql immutable parallel safe security invoker
begin atomic
    select column_name, nullif(was.value, 'null'), nullif(became.value, 'null')
    from jsonb_each(case when jsonb_typeof(old_row) = 'object' then old_row end) as was (column_name, value)
    full join jsonb_each(case when jsonb_typeof(new_row) = 'object' then new_row end) as became (column_name, value) using (column_name)
    where nullif(was.value, 'null') is distinct from nullif(became.value, 'null');
end;
grant execute on function audit.changes(jsonb, jsonb) to rowhouse_app, rowhouse_auditor;
comment on function audit.changes(jsonb, jsonb) is
    'The columns that differ between a row before and after, with both values; a row that is not there has none.';
