-- Queues the mail of an invitation. There is no link yet: the server makes it when it sends the mail (auth.arm_link),
-- so that nobody who can call the API's functions ever knows one, and nobody makes an account of another's address.
--
-- Of one invitation three mails an hour, of a tenant two hundred a day (RH473). Of all tenants together an address gets ten
-- an hour; what is beyond is not sent, and not told, because it would tell of the others.
set local role rowhouse_definer;
create or replace function auth.mail_invitation(invitation app.invitations) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mail   constant uuid := uuidv7();
    locale text;
begin
    if (select count(*) >= 3 from auth.mail_tokens as sent
            where sent.invitation = mail_invitation.invitation.id and sent.created_at > now() - interval '1 hour')
        or (select count(*) >= 200 from auth.mail_tokens as sent
            where sent.invited_to = mail_invitation.invitation.tenant_id and sent.created_at > now() - interval '1 day')
    then
        raise exception using
            errcode = 'RH473',
            message = 'too many invitations were mailed lately',
            hint = 'An invitation is mailed three times an hour, and a company mails two hundred a day.';
    end if;
    insert into auth.mail_tokens (id, purpose, email, link_digest, code_digest, network, expires_at, invited_to, invitation)
        values (mail, 'invitation', mail_invitation.invitation.email, extensions.gen_random_bytes(32),
            extensions.gen_random_bytes(32), 'invitation', mail_invitation.invitation.expires_at,
            mail_invitation.invitation.tenant_id, mail_invitation.invitation.id);
    if (select count(*) > 10 from auth.mail_tokens as sent
        where sent.email = mail_invitation.invitation.email and sent.purpose = 'invitation'
            and sent.created_at > now() - interval '1 hour')
    then
        return;
    end if;
    select known.locale into locale from app.users as known
    where lower(known.email) = mail_invitation.invitation.email
        or known.id = mail_invitation.invitation.invited_by
    order by lower(known.email) = mail_invitation.invitation.email desc limit 1;
    perform auth.queue_mail(mail, 'tenant_invitation', mail_invitation.invitation.email, coalesce(locale, 'en'), null,
        context.claims());
end
$$;
comment on function auth.mail_invitation(app.invitations) is
    'Queues the mail of an invitation; RH473 where there were enough.';
reset role;
