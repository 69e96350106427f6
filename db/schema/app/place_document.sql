-- A document whose team is no more goes back to who brought it: it is not handed to the whole company.
create or replace function app.place_document() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    if new.visibility = 'team' and new.team_id is null and old.team_id is not null then
        new.visibility := 'private';
    end if;
    return new;
end
$$;
comment on function app.place_document() is
    'Trigger: a document whose team was removed is private to who brought it.';

create or replace trigger place_document before update on app.documents
    for each row execute function app.place_document();
