-- What a conversation is called after its first message, for as long as nobody says otherwise: its beginning, on one line.
-- Blank where nothing of it can be a title.
create or replace function app.title_of(content text) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select case when app.is_name(line) then line else '' end
    from (select btrim(left(btrim(regexp_replace(left(content, 400), '\s+', ' ', 'g')), 80)) as line) as first
$$;
grant execute on function app.title_of(text) to rowhouse_definer;
comment on function app.title_of(text) is
    'The title that a first message gives its conversation: its first 80 characters, on one line.';
