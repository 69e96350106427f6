-- expect: sample.t0046_by_note
select workshop.make('t0046');
create index t0046_by_note on sample.t0046 (tenant_id, note);
-- broken
set local allow_system_table_mods = on;
update pg_catalog.pg_index set indisvalid = false where indexrelid = 'sample.t0046_by_note'::regclass;
set local allow_system_table_mods = off;
