-- Keeps a seed that is not proven yet; it replaces one that never was. It counts for nothing until auth.confirm_totp().
--
-- factor: an id that the server made, to which the seed's encryption is bound
-- Returns the outcome (auth.enrolling) and the address that an app shows beside the code.
set local role rowhouse_definer;
create or replace function auth.enrol_totp(handle bytea, token bytea, factor uuid, seed text, facts jsonb)
    returns table (outcome text, email text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    who record;
begin
    select * into who from auth.enrolling(handle, token, facts);
    outcome := who.outcome;
    if outcome = 'ok' then
        delete from auth.totp_factors as unproven where unproven.user_id = who.person and unproven.confirmed_at is null;
        insert into auth.totp_factors (id, user_id, seed) values (factor, who.person, enrol_totp.seed);
        select known.email into email from app.users as known where known.id = who.person;
    end if;
    return next;
end
$$;
grant execute on function auth.enrol_totp(bytea, bytea, uuid, text, jsonb) to rowhouse_auth;
comment on function auth.enrol_totp(bytea, bytea, uuid, text, jsonb) is
    'Keeps the (encrypted) seed of a second factor that is not proven yet.';
reset role;
