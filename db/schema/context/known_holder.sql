-- Whose a credential is or was, live or not; null for one that nobody knows. What the web process tells of a request
-- that is over is told of them.
set local role rowhouse_definer;
create or replace function context.known_holder(credential bytea) returns context.holder
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    holder context.holder;
begin
    select (known.holder).* into holder from context.session_holders as known where known.digest = sha256(credential);
    if not found then
        select (known.holder).* into holder from context.api_key_holders as known where known.digest = sha256(credential);
    end if;
    if not found then
        select (known.holder).* into holder from context.support_holders as known where known.digest = sha256(credential);
    end if;
    return holder;
end
$$;
comment on function context.known_holder(bytea) is
    'Whose a credential (sha256 of the secret) is or was, with their live state; null for one that nobody knows.';
reset role;
