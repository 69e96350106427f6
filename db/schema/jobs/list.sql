-- What is in the job queue, as `rowhouse jobs list` and the metrics tell it. The queue is the worker's own
-- (graphile_worker, made by `rowhouse migrate`), so this asks with the worker's rights.
create or replace function jobs.list()
    returns table (id bigint, job text, state text, attempts integer, max_attempts integer, run_at timestamptz, last_error text)
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
begin
    return query
    select
        queued.id, queued.task_identifier,
        case
            when queued.attempts >= queued.max_attempts and queued.locked_at is null then 'failed'
            when queued.locked_at is not null then 'running'
            when queued.attempts > 0 then 'retrying'
            else 'waiting'
        end,
        queued.attempts::integer, queued.max_attempts::integer, queued.run_at, queued.last_error
    from graphile_worker.jobs as queued
    order by queued.id;
end
$$;
grant execute on function jobs.list() to rowhouse_worker;
comment on function jobs.list() is
    'The job queue: waiting, running, retrying (it failed and will be tried again) or failed (for good, until jobs.retry()).';
