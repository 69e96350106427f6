-- By which rules the words of a language are searched. Stemmers are named in English by PostgreSQL, languages by their tags.
set local role rowhouse_definer;
create or replace function context.text_configuration(language text) returns regconfig
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select ('extensions.text_' || coalesce((
        select known.name
        from (values
            ('ar', 'arabic'), ('hy', 'armenian'), ('eu', 'basque'), ('ca', 'catalan'), ('da', 'danish'), ('nl', 'dutch'),
            ('en', 'english'), ('fi', 'finnish'), ('fr', 'french'), ('de', 'german'), ('el', 'greek'), ('hi', 'hindi'),
            ('hu', 'hungarian'), ('id', 'indonesian'), ('ga', 'irish'), ('it', 'italian'), ('lt', 'lithuanian'),
            ('ne', 'nepali'), ('no', 'norwegian'), ('nb', 'norwegian'), ('nn', 'norwegian'), ('pt', 'portuguese'),
            ('ro', 'romanian'), ('ru', 'russian'), ('sr', 'serbian'), ('es', 'spanish'), ('sv', 'swedish'), ('ta', 'tamil'),
            ('tr', 'turkish'), ('yi', 'yiddish')
        ) as known (tag, name)
        where known.tag = lower(split_part(language, '-', 1))
    ), 'simple'))::regconfig
$$;
comment on function context.text_configuration(text) is
    'The text search configuration of a language tag; the one without stems where there is no stemmer.';
reset role;
