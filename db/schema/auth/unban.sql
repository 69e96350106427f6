-- Lets somebody in again. Their API keys work again as before; their sessions do not: also one that began while the ban was
-- being written, and that the door has refused since, ends here.
--
-- Returns the outcome: ok or not_banned.
set local role rowhouse_definer;
create or replace function auth.unban(person uuid, reason text) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a reason has at most 500 characters';
    end if;
    if not exists (select from app.users as known where known.id = person and known.status = 'banned') then
        return 'not_banned';
    end if;
    perform auth.lock_mail_of(person);
    perform auth.end_all_sessions(person);
    update app.users as known set status = 'active' where known.id = person;
    perform audit.record_event('auth.unbanned', null, jsonb_strip_nulls(jsonb_build_object('user', person, 'reason', reason)));
    return 'ok';
end
$$;
grant execute on function auth.unban(uuid, text) to rowhouse_owner;
comment on function auth.unban(uuid, text) is 'For the operator: lets somebody in again who was banned.';
reset role;
