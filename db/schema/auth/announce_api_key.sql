-- What endpoints hear of an API key: that it was made, or revoked.
set local role rowhouse_definer;
create or replace function auth.announce_api_key() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and (old.revoked_at is not null or new.revoked_at is null) then
        return null;
    end if;
    perform jobs.queue_webhooks(
        new.tenant_id,
        case tg_op when 'INSERT' then 'api_key.created' else 'api_key.revoked' end,
        jsonb_build_object('api_key_id', new.id, 'kind', new.kind, 'user_id', new.user_id, 'role_id', new.role_id)
    );
    return null;
end
$$;
grant execute on function auth.announce_api_key() to rowhouse_owner;
comment on function auth.announce_api_key() is
    'Trigger: writes api_key.* for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after insert or update of revoked_at on auth.api_keys
    for each row execute function auth.announce_api_key();
