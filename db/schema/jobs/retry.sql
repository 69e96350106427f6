-- Gives a job that failed for good all its attempts again, beginning now. Other jobs are left alone.
create or replace function jobs.retry(id bigint) returns boolean
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    if not exists (select from jobs.list() as queued where queued.id = retry.id and queued.state = 'failed') then
        return false;
    end if;
    perform graphile_worker.reschedule_jobs(array[retry.id], run_at => now(), attempts => 0);
    return true;
end
$$;
grant execute on function jobs.retry(bigint) to rowhouse_worker;
comment on function jobs.retry(bigint) is
    'Runs a job that failed for good once more, with all its attempts; false if there is no such job.';
