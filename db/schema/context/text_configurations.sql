-- How words of a language are searched: without their accents, then by their stem. One configuration a language that
-- PostgreSQL has a stemmer for, and text_simple, which knows no stems, for all others.
do $$
declare
    known record;
begin
    for known in
        select 'text_' || config.cfgname as name, config.cfgname as base,
            case config.cfgname when 'simple' then 'simple' else config.cfgname || '_stem' end as stemmer
        from pg_catalog.pg_ts_config as config
        where config.cfgnamespace = 'pg_catalog'::regnamespace
    loop
        continue when exists (
            select from pg_catalog.pg_ts_config
            where cfgnamespace = 'extensions'::regnamespace and cfgname = known.name
        );
        execute format('create text search configuration extensions.%I (copy = pg_catalog.%I)', known.name, known.base);
        execute format(
            'alter text search configuration extensions.%I alter mapping for hword, hword_part, word with extensions.unaccent, pg_catalog.%I',
            known.name, known.stemmer);
    end loop;
end
$$;
grant usage on schema extensions to rowhouse_definer;
