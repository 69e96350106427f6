-- What a provider said of somebody, for the code that a browser brought back; nulls if the code is no good. It is gone with
-- the first try, right or wrong: who has another's code, but not the verifier, gets nothing and spoils it.
set local role rowhouse_definer;
create or replace function auth.take_exchange_code(code bytea, challenge text, facts jsonb) returns auth.exchange_codes
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known auth.exchange_codes;
begin
    delete from auth.exchange_codes as used where used.digest = sha256(code) returning * into known;
    if known.digest is null or known.expires_at <= now() or known.challenge is distinct from take_exchange_code.challenge then
        perform audit.tally_stranger('auth.exchange_failed', auth.network((facts ->> 'ip')::inet));
        return null;
    end if;
    return known;
end
$$;
comment on function auth.take_exchange_code(bytea, text, jsonb) is
    'What is kept under a one-time code, which is gone whatever comes of it; null if it is no good.';
reset role;
