-- What every change of a password does: the other sessions end, links and codes that were mailed die, the owner is told.
--
-- kept: the session that goes on, if one does; mail: the id of the notice
set local role rowhouse_definer;
create or replace function auth.set_password(person_id uuid, password_hash text, kept uuid, mail uuid, facts jsonb)
    returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    person    app.users;
    found_now integer;
    ended     integer := 0;
begin
    select * into strict person from app.users as known where known.id = person_id;
    -- First of all: a login that has checked the old one meanwhile waits here, or is over and its session ends below.
    insert into auth.passwords as known (user_id, hash) values (person.id, password_hash)
        on conflict (user_id) do update set hash = excluded.hash, changed_at = now();
    -- The same for a link that is being followed.
    perform auth.void_mail_tokens(person.email, person.id);
    -- And for a sibling of a session that is being opened. Whoever holds more than one of the three takes them in this order.
    perform auth.lock_sessions(person.id);
    -- And once more until there is none: whoever made another session of one of these held its row until now.
    loop
        update auth.sessions as session set ended_at = now(), end_reason = 'password_changed'
        where session.user_id = person.id and session.ended_at is null and session.id is distinct from kept;
        exit when not found;
        get diagnostics found_now = row_count;
        ended := ended + found_now;
    end loop;
    perform auth.queue_mail(mail, 'password_changed', person.email, person.locale, null, facts);
    perform audit.record_event('auth.password_changed', null, jsonb_build_object('ended', ended, 'kept', kept));
end
$$;
comment on function auth.set_password(uuid, text, uuid, uuid, jsonb) is
    'Sets a password, ends the other sessions, makes mailed links worthless and queues the notice.';
reset role;
