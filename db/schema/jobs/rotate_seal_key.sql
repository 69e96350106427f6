-- A new seal key once the newest is older than `max_age`; the ones before it stop sealing at once and are
-- forgotten an hour later. A seal lives for 60 seconds, so every open transaction outlives its key's use.
set local role rowhouse_definer;
create or replace function jobs.rotate_seal_key(max_age interval default '30 days') returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(hashtext('context.seal_keys'));
    delete from context.seal_keys where retired_at < now() - interval '1 hour';
    if exists (select from context.seal_keys where retired_at is null and created_at > now() - max_age) then
        return false;
    end if;
    update context.seal_keys set retired_at = greatest(now(), created_at) where retired_at is null;
    insert into context.seal_keys default values;
    return true;
end
$$;
grant execute on function jobs.rotate_seal_key(interval) to rowhouse_worker;
comment on function jobs.rotate_seal_key(interval) is
    'Replaces the seal key when it is older than max_age; true if it did.';
reset role;
