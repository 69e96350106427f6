-- For somebody who lost their password, or whose account somebody else holds: every session ends, the password goes, and a
-- mail to their address has a link and a code by which they choose another, for a day. Nobody sets it for them.
--
-- What is linked elsewhere and their API keys stay: auth.describe_person() shows them.
--
-- second_factor: also takes their second factors away, for who lost everything
-- link, code, mail, secret: as for auth.request_mail()
-- Returns how many sessions ended, what was taken away, and whether a mail is on its way: an address gets no more than
-- ten an hour.
set local role rowhouse_definer;
create or replace function auth.reset_person(
    person_id uuid, second_factor boolean, reason text, link bytea, code bytea, mail uuid, secret text
) returns table (ended integer, removed text[], mailed boolean)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    person app.users;
begin
    if length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a reason has at most 500 characters';
    end if;
    select * into strict person from app.users as known where known.id = person_id;
    removed := '{}';
    perform auth.lock_mail_of(person.id);
    -- A login that has checked it meanwhile waits here, or is over and its session ends below.
    delete from auth.passwords as known where known.user_id = person.id;
    if found then
        removed := removed || 'password'::text;
    end if;
    if second_factor then
        removed := removed || auth.remove_second_factors(person.id);
    end if;
    ended := auth.end_all_sessions(person.id);
    mailed := auth.make_mail_token(
        'reset_password', person.email, person.id, link, code, null, interval '24 hours', '{}') is not null;
    if mailed then
        perform auth.queue_mail(mail, 'password_removed', person.email, person.locale, secret, '{}');
    end if;
    perform audit.record_event('auth.reset', null, jsonb_strip_nulls(jsonb_build_object(
        'user', person.id, 'reason', reason, 'ended', ended, 'removed', to_jsonb(removed), 'mailed', mailed)));
    return next;
end
$$;
grant execute on function auth.reset_person(uuid, boolean, text, bytea, bytea, uuid, text) to rowhouse_owner;
comment on function auth.reset_person(uuid, boolean, text, bytea, bytea, uuid, text) is
    'For the operator: ends somebody''s sessions, takes the password (and second factors) away and mails a link to a new one.';
reset role;
