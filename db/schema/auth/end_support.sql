-- Ends an access for support before its time: it opens nothing from the commit on.
--
-- Outcomes: ok; over, for one that had ended or whose time is over; no_access
set local role rowhouse_definer;
create or replace function auth.end_support(access uuid) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.support_accesses as running set ended_at = now(), end_reason = 'operator'
    where running.id = access and running.ended_at is null and running.expires_at > now();
    return case
        when found then 'ok'
        when exists (select from auth.support_accesses as known where known.id = access) then 'over'
        else 'no_access'
    end;
end
$$;
grant execute on function auth.end_support(uuid) to rowhouse_owner;
comment on function auth.end_support(uuid) is 'For the operator: ends an access for support before its time.';
reset role;
