-- What the words of a question come down to: equal for questions that are the same to a search, whose words have the same stems in whatever
-- order, filling words left out. A digest, so that an index holds it whatever the question's length. Null where there is no word but filling ones.
set local role rowhouse_definer;
create or replace function context.stems(question text, language text) returns uuid
    language sql stable strict parallel safe security invoker
    set search_path = ''
as $$
    select substr(encode(sha256(convert_to(found.words::text, 'UTF8')), 'hex'), 1, 32)::uuid
    from (
        select tsvector_to_array(strip(to_tsvector(context.text_configuration(language), question))) as words
    ) as found
    where found.words <> '{}'
$$;
comment on function context.stems(text, text) is
    'What the words of a question come down to, by the rules of a language; null where there are only filling words.';
reset role;
