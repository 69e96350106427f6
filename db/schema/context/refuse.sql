-- Raises RH403. The detail is the permission that was missing, or `broken_seal`, `session`, `account`.
create or replace function context.refuse(missing text) returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH403',
        message = case missing
            when 'broken_seal' then 'this context was not made by the door for this transaction'
            when 'session' then 'this takes somebody who is signed in, and not an API key'
            when 'account' then 'this takes somebody with an account, and not a guest'
            else format('permission denied: %s', missing)
        end,
        detail = missing,
        hint = case missing
            when 'broken_seal' then 'Enter with context.enter() in this transaction.'
            when 'session' then 'Sign in.'
            when 'account' then 'Sign up: POST /auth/guest/upgrade.'
            else 'Ask an administrator of your tenant for a role with this permission.'
        end;
end
$$;
grant execute on function context.refuse(text) to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.refuse(text) is
    'Raises RH403: the detail names the missing permission, or broken_seal.';
