-- Signs in with what a provider said, for the code that the browser brought back.
--
-- An identity is known by issuer and subject. One that is new joins the account of its address only where both sides
-- proved the address: ours always did, because a user exists only then. Where nobody has the address, an account comes
-- into being, without a password; a registration of it that waits for its mail is over.
--
-- admits: who gets an account here that has none (REGISTRATION; auth.fault_of_newcomer)
-- Outcomes: invalid_exchange_code; email_unproven; registration_closed; registration_invited; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.exchange_code(
    code bytea, challenge text, session uuid, handle bytea, tenant_slug text, facts jsonb, admits text default 'open'
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  auth.exchange_codes := auth.take_exchange_code(code, challenge, facts);
    person uuid;
    fault  text;
begin
    if shown.digest is null then
        outcome := 'invalid_exchange_code';
        return next;
        return;
    end if;
    -- Two first sign-ins of one identity at once take turns: one makes the account, the other finds it.
    perform pg_advisory_xact_lock(hashtext('auth.identities'), hashtext(shown.issuer || ' ' || shown.subject));
    update auth.identities as known set last_used_at = now()
    where known.issuer = shown.issuer and known.subject = shown.subject
    returning known.user_id into person;

    if person is null then
        if shown.email is null then
            perform audit.tally_stranger('auth.exchange_failed', auth.network((facts ->> 'ip')::inet));
            outcome := 'email_unproven';
            return next;
            return;
        end if;
        perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(shown.email));
        select known.id into person from app.users as known where lower(known.email) = shown.email;
        fault := case when person is null then auth.fault_of_newcomer(shown.email, admits) end;
        if fault is not null then
            perform audit.tally_stranger('auth.exchange_failed', auth.network((facts ->> 'ip')::inet));
            outcome := fault;
            return next;
            return;
        elsif person is null then
            person := uuidv7();
            perform context.act(person, null, facts);
            insert into app.users (id, email, name)
                values (person, shown.email, coalesce(shown.name, split_part(shown.email, '@', 1)));
            perform auth.forget_registrations(shown.email, person);
        end if;
        perform context.act(person, null, facts);
        insert into auth.identities (issuer, subject, user_id, provider)
            values (shown.issuer, shown.subject, person, shown.provider);
    end if;
    return query select opened.outcome, opened.result
        from auth.open_session(person, session, handle, tenant_slug, array['fed'], facts, way => shown.provider) as opened;
end
$$;
grant execute on function auth.exchange_code(bytea, text, uuid, bytea, text, jsonb, text) to rowhouse_auth;
comment on function auth.exchange_code(bytea, text, uuid, bytea, text, jsonb, text) is
    'Turns a one-time code into a session of whom the provider vouched for; the code is gone whatever comes of it. Never raises for a refusal.';
reset role;
