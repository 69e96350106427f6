-- expect: policy "members keep notes" on sample.t0018
select workshop.make('t0018');
-- broken
set local allow_system_table_mods = on;
update pg_catalog.pg_policy set polroles = polroles || 4000000000::oid
where polrelid = 'sample.t0018'::regclass and polname = 'members keep notes';
set local allow_system_table_mods = off;
