-- Mails every owner of a tenant that is being closed a link that brings it back, each their own: whoever closed it, the others
-- learn of it. There is no link yet: the server makes it when it sends the mail (auth.arm_link), so that nobody who can call
-- the API's functions ever knows one. It is good for a day more than the grace: until the erasure has begun.
--
-- An address gets ten an hour; what is beyond is not sent, so that closing and opening fills nobody's mailbox.
set local role rowhouse_definer;
create or replace function auth.offer_tenant_back(tenant uuid, due timestamptz) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    owner app.users;
    mail  uuid;
begin
    for owner in
        select person.*
        from app.memberships as membership join app.users as person on person.id = membership.user_id
        where membership.tenant_id = tenant and membership.is_owner and membership.status = 'active'
            and person.status = 'active' and person.email is not null
            and (select count(*) < 10 from auth.mail_tokens as sent
                where sent.email = person.email and sent.purpose = 'restore_tenant'
                    and sent.created_at > now() - interval '1 hour')
    loop
        mail := uuidv7();
        insert into auth.mail_tokens (id, purpose, email, user_id, link_digest, code_digest, network, expires_at, restores)
            values (mail, 'restore_tenant', owner.email, owner.id, extensions.gen_random_bytes(32),
                extensions.gen_random_bytes(32), 'deletion', due + interval '1 day', tenant);
        perform auth.queue_mail(mail, 'tenant_deletion_asked', owner.email, owner.locale, null, context.claims());
    end loop;
end
$$;
comment on function auth.offer_tenant_back(uuid, timestamptz) is
    'Mails every owner of a tenant that is being closed a link that brings it back until it is erased.';
reset role;
