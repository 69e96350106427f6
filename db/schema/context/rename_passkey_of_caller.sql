-- A name is how its owner tells a passkey from the others. It is changed by somebody who is signed in, and by no API key.
set local role rowhouse_definer;
create or replace function context.rename_passkey_of_caller(id uuid, name text) returns app.passkey
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    renamed app.passkey;
begin
    perform context.require_session();
    if not app.is_name(name) or length(btrim(name)) > 100 then
        raise exception using errcode = 'RH400', message = 'a passkey''s name has from 1 to 100 characters that can be seen';
    end if;
    update auth.passkeys as mine set name = btrim(rename_passkey_of_caller.name)
    where mine.id = rename_passkey_of_caller.id and mine.user_id = context.user_id()
    returning mine.id, mine.name, mine.backup_eligible, mine.aaguid, mine.created_at, mine.last_used_at into renamed;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such passkey of the caller''s';
    end if;
    return renamed;
end
$$;
grant execute on function context.rename_passkey_of_caller(uuid, text) to rowhouse_app;
comment on function context.rename_passkey_of_caller(uuid, text) is
    'Gives a passkey of the caller''s another name. Raises RH400, RH404.';
reset role;
