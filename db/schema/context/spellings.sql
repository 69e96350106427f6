-- How the words of a text may be misspelt, to be found by an index: each word of four letters or more, the same with any one
-- letter left out, and one of six or more with any two neighbours left out. A word and a misspelling of it then share one, be
-- it that a letter was left out, added, taken for another, or changed places with the next.
--
-- It takes milliseconds, and its cost says so: no plan shall ask every passage for its spellings, where the index has them.
-- The index document_chunks_by_letters is made of it: a change of this function is one of that index.
set local role rowhouse_definer;
create or replace function context.spellings(content text) returns text[]
    language sql immutable strict parallel safe security invoker
    cost 100000
    set search_path = ''
as $$
    select array(
        select distinct said.spelling
        from (
            select distinct word from regexp_split_to_table(lower(content), '[^[:alnum:]]+') as word
            where length(word) between 4 and 40
        ) as told
        cross join lateral (
            select told.word
            union all
            select overlay(told.word placing '' from place for gone)
            from generate_series(1, case when length(told.word) < 6 then 1 else 2 end) as gone,
                generate_series(1, length(told.word) + 1 - gone) as place
        ) as said (spelling)
    )
$$;
grant execute on function context.spellings(text) to rowhouse_owner;
comment on function context.spellings(text) is
    'The words of a text, whole and with a letter or two neighbouring ones left out: what is misspelt shares one of them.';
reset role;
