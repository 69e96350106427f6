-- Looks whether a link or a code is good, before a new password is thought about, and uses nothing up: whoever chose a
-- weak password chooses again with the same link.
--
-- about: what an attacker knows of the person, which a password must not be made of
set local role rowhouse_definer;
create or replace function auth.weigh_mail_token(purpose text, link bytea, email text, codes bytea[], facts jsonb)
    returns table (outcome text, retry_after integer, about text[])
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried record;
    token auth.mail_tokens;
begin
    select * into strict tried from auth.try_mail_token(purpose, link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' then
        about := array[token.email] || (
            select array[pending.name, pending.tenant_name, pending.tenant_slug]
            from auth.registrations as pending where pending.token_id = token.id
        ) || auth.known_of(token.user_id);
        about := array_remove(about, null);
    end if;
    return next;
end
$$;
grant execute on function auth.weigh_mail_token(text, bytea, text, bytea[], jsonb) to rowhouse_auth;
comment on function auth.weigh_mail_token(text, bytea, text, bytea[], jsonb) is
    'Whether a link or a code is good, and what its password must not be made of. Uses nothing up.';
reset role;
