-- Ends every session of somebody, from outside: nothing of theirs is shown, so there is nothing to be refused. Also what was
-- mailed to them dies, and a sign-in that waits for its second factor. Returns how many sessions ended.
set local role rowhouse_definer;
create or replace function auth.end_all_sessions(person uuid) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    found_now integer;
    ended     integer := 0;
begin
    perform auth.void_mail_tokens((select known.email from app.users as known where known.id = person), person);
    delete from auth.mfa_challenges as asked where asked.user_id = person;
    perform auth.lock_sessions(person);
    -- Until there is none: whoever made another session of one of these held its row until now.
    loop
        update auth.sessions as session set ended_at = now(), end_reason = 'revoked'
        where session.user_id = person and session.ended_at is null;
        exit when not found;
        get diagnostics found_now = row_count;
        ended := ended + found_now;
    end loop;
    return ended;
end
$$;
comment on function auth.end_all_sessions(uuid) is
    'Ends every session of a person and voids what was mailed to them; returns how many sessions ended.';
reset role;
