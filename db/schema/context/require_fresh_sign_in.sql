-- For what should not be done with a session that somebody left open, or took: RH440 unless the caller proved who they are in
-- the last ten minutes. A key never did, nor did the operator who is inside for support, so they are refused as such (RH403, session); nor did a guest (RH403, account). For
-- triggers; functions of auth, which have no context, ask auth.is_fresh().
set local role rowhouse_definer;
create or replace function context.require_fresh_sign_in() returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    if context.kind_in(body) in ('api_key', 'support') then
        perform context.refuse('session');
    elsif context.kind_in(body) = 'guest' then
        perform context.refuse('account');
    end if;
    if not exists (
        select from auth.sessions as own where own.id = context.credential_in(body) and auth.is_fresh(own)
    ) then
        raise exception using
            errcode = 'RH440',
            message = 'this takes somebody who proved in the last ten minutes who they are',
            hint = 'POST /auth/step-up, and try again.';
    end if;
end
$$;
grant execute on function context.require_fresh_sign_in() to rowhouse_app;
comment on function context.require_fresh_sign_in() is
    'Raises RH440 unless the caller signed in or stepped up in the last ten minutes; RH403 for an API key.';
reset role;
