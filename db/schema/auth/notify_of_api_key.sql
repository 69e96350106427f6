-- An API key is a way in that lasts, so whose it is hears of it; of a key of the tenant's own, who made it.
set local role rowhouse_definer;
create or replace function auth.notify_of_api_key() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if context.is_caller() then
        perform auth.notify(coalesce(new.user_id, new.created_by), 'api_key_created');
    end if;
    return null;
end
$$;
grant execute on function auth.notify_of_api_key() to rowhouse_owner;
comment on function auth.notify_of_api_key() is
    'Trigger: tells by mail of an API key that was made, by createApiKey or rotateApiKey.';
reset role;

create or replace trigger notify_of_api_key after insert on auth.api_keys
    for each row execute function auth.notify_of_api_key();
