-- Why an address that nobody has gets no account here, or null if it does. Every way in for somebody new asks here, at the
-- moment when the account would come into being: a link that was mailed while the house was open is no way around.
--
-- registration: what REGISTRATION says: open; invited, for those only whom an invitation waits for; closed, for nobody
set local role rowhouse_definer;
create or replace function auth.fault_of_newcomer(address text, registration text) returns text
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select case registration
        when 'open' then null
        when 'invited' then case when not exists (
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
