-- The mail's row that a link or a code is of, locked; nothing if it is not good, or not any more. A link is good until it
-- is used or its time is over. A code is only good of the newest mail, and not after five wrong tries: there are a million
-- of them, and each wrong one counts although the attempt fails.
--
-- link:         the digest of the link's secret; or, instead,
-- email, codes: the address, and the code's digest under each master key that may have made it
--
-- What the answer is for, takes turns by address, with further mails of it.
set local role rowhouse_definer;
create or replace function auth.find_mail_token(purpose text, link bytea, email text, codes bytea[])
    returns auth.mail_tokens
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    found   auth.mail_tokens;
begin
    if link is not null then
        select token.email into address from auth.mail_tokens as token where token.link_digest = sha256(link);
    end if;
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    if link is not null then
        select * into found from auth.mail_tokens as token
        where token.link_digest = sha256(link) and token.purpose = find_mail_token.purpose
            and token.used_at is null and token.expires_at > now()
            and (token.purpose in ('register', 'invitation') or exists (select from app.users as person where person.id = token.user_id))
        for update;
        return found;
    end if;

    select * into found from auth.mail_tokens as token
    where token.email = address and token.purpose = find_mail_token.purpose
    order by token.created_at desc, token.id desc
    limit 1
    for update;
    if found.used_at is not null or found.expires_at <= now() or found.tries >= 5 then
        return null;
    end if;
    -- Where there is no account to sign in to, a mail that says so went out, and no code is right.
    if found.purpose <> 'register' and not exists (select from app.users as person where person.id = found.user_id)
        or not exists (select from unnest(codes) as shown (digest) where sha256(shown.digest) = found.code_digest)
    then
        update auth.mail_tokens as token set tries = token.tries + 1 where token.id = found.id;
        return null;
    end if;
    return found;
end
$$;
comment on function auth.find_mail_token(text, bytea, text, bytea[]) is
    'The row of the mail that a link or a code is of, locked; null if it is not good. A wrong code is counted.';
reset role;
