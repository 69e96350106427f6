-- The member who lets people in, with manage_users: RH403 otherwise. A key that is the tenant's own is nobody who could
-- answer for them. A session takes somebody who proved lately who they are (RH440), because it gives what outlasts it; a key
-- has its scopes for a consent, as in app.guard_membership().
create or replace function context.require_inviter() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    if not context.may('manage_users') then
        perform context.refuse('manage_users');
    end if;
    if context.member_tenant() is null then
        perform context.refuse('session');
    end if;
    if context.kind_in(context.actor()) = 'session' then
        perform context.require_fresh_sign_in();
    end if;
    return context.user_id();
end
$$;
grant execute on function context.require_inviter() to rowhouse_definer;
comment on function context.require_inviter() is
    'The caller, a member with manage_users, who signed in lately; RH403 for anybody else, RH440 for who did not.';
