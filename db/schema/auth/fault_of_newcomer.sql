-- Why an address that nobody has gets no account here, or null if it does. Every way in for somebody new asks here, at the
-- moment when the account would come into being: a link that was mailed while the house was open is no way around.
--
-- A company's invitation lets its person in whatever REGISTRATION says: whoever runs the house let that company in.
--
-- registration: what REGISTRATION says: open; invited, for those only whom an invitation waits for; closed, for nobody
set local role rowhouse_definer;
create or replace function auth.fault_of_newcomer(address text, registration text) returns text
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select case
        when registration = 'open' then null
        when exists (
            select from auth.mail_tokens as token
            join app.invitations as open on open.tenant_id = token.invited_to and open.id = token.invitation
            where token.email = address and token.purpose = 'invitation' and token.used_at is null
                and token.expires_at > now() and open.status = 'pending'
        ) then null
        when registration = 'invited' then case when not exists (
            select from auth.registrations as pending
            join auth.mail_tokens as token on token.id = pending.token_id
            where token.email = address and pending.invited and token.used_at is null and token.expires_at > now()
        ) then 'registration_invited' end
        else 'registration_closed'
    end
$$;
comment on function auth.fault_of_newcomer(text, text) is
    'Why an address gets no account: registration_invited or registration_closed; null if it gets one.';
reset role;
