-- The words of a text for a search of one's history: as they are, without regard to a language. Of more than 100,000 characters the
-- beginning counts: no more is certain to fit in a tsvector.
set local role rowhouse_definer;
create or replace function context.words_of(content text) returns tsvector
    language sql immutable parallel safe security invoker
    return to_tsvector('pg_catalog.simple', left(content, 100000));
comment on function context.words_of(text) is 'The words of a message or a title, without regard to a language.';
reset role;
