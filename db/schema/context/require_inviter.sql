-- The member who lets people in, with manage_users: RH403 otherwise. A key that is the tenant's own is nobody who could
-- answer for them.
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
    return context.user_id();
end
$$;
grant execute on function context.require_inviter() to rowhouse_definer;
comment on function context.require_inviter() is
    'The caller, a member with manage_users; RH403 for anybody else.';
