-- Forgets verification links that were not followed within their 24 hours.
set local role rowhouse_definer;
create or replace function jobs.expire_registrations() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    forgotten integer;
begin
    delete from auth.registrations where expires_at <= now();
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
grant execute on function jobs.expire_registrations() to rowhouse_worker;
comment on function jobs.expire_registrations() is
    'Forgets registrations whose verification link has expired and returns how many.';
reset role;
