-- Whose API keys the caller may see and keep as their own: somebody who is signed in, their own; a guest has none. A key
-- does not, unless manage_api_keys is among its scopes: else whoever stole one could make another, and the theft would
-- outlive the key.
create or replace function context.key_keeper() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    return case
        when context.kind_in(body) = 'session' or 'manage_api_keys' = any (context.permissions_in(body))
            then context.user_in(body)
    end;
end
$$;
grant execute on function context.key_keeper() to rowhouse_app, rowhouse_definer;
comment on function context.key_keeper() is
    'The caller, if they may keep API keys of their own: signed in, or by a key with manage_api_keys. Else null.';
