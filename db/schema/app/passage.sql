-- A passage that was found, as the caller may read it.
do $$
begin
    if to_regtype('app.passage') is null then
        create type app.passage as (
            chunk_id    uuid,
            document_id uuid,
            version     integer,
            title       text,
            ordinal     integer,
            heading     text,
            content     text,
            rank        integer,
            score       double precision,
            sha256      text
        );
    end if;
end
$$;
comment on type app.passage is 'A passage of a document that answers a question, with its place among those found.';
comment on column app.passage.chunk_id is 'The key of the passage; another one once its document is read anew.';
comment on column app.passage.document_id is 'The key of its document.';
comment on column app.passage.version is 'Of which version of the document it is.';
comment on column app.passage.title is 'What the document is called now.';
comment on column app.passage.ordinal is 'Its place in the document, from 0.';
comment on column app.passage.heading is 'Under which heading it stands; empty where there is none.';
comment on column app.passage.content is 'What it says.';
comment on column app.passage.rank is 'Its place among the passages found, from 1.';
comment on column app.passage.score is 'How well it answers, by the fused ranks of all searches; only to be compared within one answer.';
comment on column app.passage.sha256 is 'SHA-256 of what it says, in hexadecimal: with it an answer can prove what it quoted.';
