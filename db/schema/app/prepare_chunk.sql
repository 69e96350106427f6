-- What a passage is found by is made of what it says, whoever writes it: its words, its signs, its hash.
set local role rowhouse_definer;
create or replace function app.prepare_chunk() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    new.embedding := context.unit(new.embedding);
    if new.embedding is null then
        new.model := null;
    end if;
    new.signs := context.signs(new.embedding);
    new.sha256 := encode(sha256(convert_to(new.content, 'UTF8')), 'hex');
    new.search := to_tsvector(context.text_configuration(new.language), new.heading || E'\n' || new.content);
    return new;
end
$$;
grant execute on function app.prepare_chunk() to rowhouse_owner;
comment on function app.prepare_chunk() is
    'Trigger: the words, signs and hash of a passage are those of its text and its embedding.';
reset role;

create or replace trigger prepare_chunk before insert on app.document_chunks
    for each row execute function app.prepare_chunk();
