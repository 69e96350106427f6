-- The account elsewhere does not sign the caller in any more. The last way in stays. It wants a fresh sign-in, and
-- no API key.
set local role rowhouse_definer;
create or replace function context.unlink_identity_of_caller(id uuid) returns app.identity
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    caller constant uuid := context.user_id();
    gone   app.identity;
begin
    perform context.require_fresh_sign_in();
    perform auth.lock_ways_in(caller);
    delete from auth.identities as identity
    where identity.id = unlink_identity_of_caller.id and identity.user_id = caller
    returning identity.id, identity.provider, identity.issuer, identity.subject, identity.created_at, identity.last_used_at
    into gone;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such identity of the caller''s';
    end if;
    if not auth.has_way_in(caller) then
        raise exception using
            errcode = 'RH411',
            message = 'this is the last way to sign in',
            hint = 'Set a password, link another account or add a passkey first.';
    end if;
    perform auth.notify(caller, 'identity_unlinked');
    return gone;
end
$$;
grant execute on function context.unlink_identity_of_caller(uuid) to rowhouse_app;
comment on function context.unlink_identity_of_caller(uuid) is
    'Unlinks an account elsewhere from the caller''s, unless it is their last way to sign in. Raises RH404, RH411, RH440.';
reset role;
