-- Tidies grants that have ended. They ended by the clock: the door has not counted them since.
set local role rowhouse_definer;
create or replace function jobs.expire_grants() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tidied integer;
begin
    delete from app.grants as given where given.ends_at <= now();
    get diagnostics tidied = row_count;
    return tidied;
end
$$;
grant execute on function jobs.expire_grants() to rowhouse_worker;
comment on function jobs.expire_grants() is 'Removes grants whose time is over and returns how many.';
reset role;
