-- Forgets codes that nobody brought back within their minute, and challenges that no authenticator signed within five.
set local role rowhouse_definer;
create or replace function jobs.expire_exchange_codes() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    forgotten integer;
begin
    delete from auth.exchange_codes where expires_at <= now();
    get diagnostics forgotten = row_count;
    delete from auth.passkey_challenges where expires_at <= now();
    return forgotten;
end
$$;
grant execute on function jobs.expire_exchange_codes() to rowhouse_worker;
comment on function jobs.expire_exchange_codes() is
    'Forgets one-time codes whose minute is over and returns how many; and challenges of passkeys that are over.';
reset role;
