-- Changes whether a member is let in, where they are in one of the states that it makes sense in. Row security says whom the
-- caller may change, app.guard_membership() what that takes, app.keep_an_owner() that an owner stays.
create or replace function context.set_member_status(id uuid, wanted text, since text[]) returns app.memberships
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    changed app.memberships;
begin
    update app.memberships as target
    set status = wanted, is_owner = target.is_owner and wanted <> 'removed'
    where target.id = set_member_status.id and target.status = any (since)
    returning * into changed;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such member in a state to be changed so';
    end if;
    return changed;
end
$$;
grant execute on function context.set_member_status(uuid, text, text[]) to rowhouse_app;
comment on function context.set_member_status(uuid, text, text[]) is
    'Changes a member''s status where it is one of these; RH404 where there is none such.';
