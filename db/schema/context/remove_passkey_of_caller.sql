-- A passkey does not sign the caller in any more. The last way in stays. It wants a fresh sign-in and no API key, and the owner
-- is told by mail. Recovery codes stand for a second factor: with the last one they go.
set local role rowhouse_definer;
create or replace function context.remove_passkey_of_caller(id uuid) returns app.passkey
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    caller constant uuid := context.user_id();
    person app.users;
    gone   app.passkey;
begin
    perform context.require_fresh_sign_in();
    perform auth.lock_ways_in(caller);
    delete from auth.passkeys as mine
    where mine.id = remove_passkey_of_caller.id and mine.user_id = caller
    returning mine.id, mine.name, mine.backup_eligible, mine.aaguid, mine.created_at, mine.last_used_at into gone;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such passkey of the caller''s';
    end if;
    if not auth.has_way_in(caller) then
        raise exception using
            errcode = 'RH411',
            message = 'this is the last way to sign in',
            hint = 'Set a password, link an account or add another passkey first.';
    end if;
    if not auth.has_second_factor(caller) then
        delete from auth.recovery_codes as code where code.user_id = caller;
    end if;
    select * into strict person from app.users as known where known.id = caller;
    perform auth.queue_mail(
        gen_random_uuid(), 'passkey_removed', person.email, person.locale, null, context.detail_in(context.actor()));
    return gone;
end
$$;
grant execute on function context.remove_passkey_of_caller(uuid) to rowhouse_app;
comment on function context.remove_passkey_of_caller(uuid) is
    'Takes a passkey of the caller''s away, unless it is their last way to sign in. Raises RH404, RH411, RH440.';
reset role;
