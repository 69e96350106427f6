-- Opens the seal: what the door wrote for this transaction (body.sql), or null if nobody entered.
--
-- permission: null too for a caller who does not hold it; '' asks for none
--
-- Everybody may write the variable rowhouse.context; nobody but the definer can write one that opens. A value that is
-- forged, edited, copied from another transaction or backend, or older than 60 seconds raises RH403. (Transactions
-- that one message of the simple protocol begins share a timestamp; what is copied there is one's own.)
-- It is parallel restricted because the seal is bound to the leader's process.
--
-- One statement, because what a policy pays is mostly how many there are.
set local role rowhouse_definer;
create or replace function context.open_seal(permission text default '') returns text
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    value  constant text := nullif(current_setting('rowhouse.context', true), '');
    opened text;
begin
    -- Digests of the two seals are compared, so that the time tells nothing of the right one.
    select substr(value, 73) into opened
    from context.seal_keys as sealing
    where sealing.id = left(value, 8)
        and sha256(convert_to(substr(value, 9, 64), 'UTF8'))
            = sha256(convert_to(context.mac(substr(value, 73), sealing.key), 'UTF8'))
        and substr(value, 191, 17) = extract(epoch from transaction_timestamp())::text
        and substr(value, 208, 10) = rpad(pg_backend_pid()::text, 10)
        and substr(value, 181, 10) >= extract(epoch from clock_timestamp())::bigint::text;
    if opened is null and value is not null then
        perform context.refuse('broken_seal');
    end if;
    return case when permission = '' or permission = any (context.permissions_in(opened)) then opened end;
end
$$;
grant execute on function context.open_seal(text) to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_owner;
comment on function context.open_seal(text) is
    'Checks the seal and gives what the door wrote under it; null if nobody entered, or if the caller does not hold the permission; RH403 for what the door did not write.';
reset role;
