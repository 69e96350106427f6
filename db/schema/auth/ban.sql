-- Shuts somebody out: the door asks for the status at every request, so their sessions and API keys open nothing from the
-- commit on. The sessions also end, and stay ended whatever comes later.
--
-- Keys that are a tenant's own go on, also those that this person made: they are the tenant's. `keys` counts them.
-- Returns the outcome: ok, or already_banned (the reason is recorded, and what had come to life meanwhile ends).
set local role rowhouse_definer;
create or replace function auth.ban(person uuid, reason text)
    returns table (outcome text, ended integer, keys bigint)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if app.is_blank(coalesce(reason, '')) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a ban has a reason, of at most 500 characters';
    end if;
    -- Whoever follows a link of theirs, and a sign-in that is under way, waits here, or is over and its session ends below.
    perform auth.lock_mail_of(person);
    perform from auth.passwords as known where known.user_id = person for update;
    ended := auth.end_all_sessions(person);
    update app.users as known set status = 'banned' where known.id = person and known.status <> 'banned';
    outcome := case when found then 'ok' else 'already_banned' end;
    keys := (select count(*) from auth.api_keys as key where key.created_by = person and key.user_id is null
        and key.revoked_at is null and (key.expires_at is null or key.expires_at > now()));
    perform audit.record_event('auth.banned', null,
        jsonb_build_object('user', person, 'reason', reason, 'ended', ended, 'outcome', outcome));
    return next;
end
$$;
grant execute on function auth.ban(uuid, text) to rowhouse_owner;
comment on function auth.ban(uuid, text) is
    'For the operator: shuts somebody out at once, with a reason for the trail, and ends their sessions.';
reset role;
