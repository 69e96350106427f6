-- Domains to look up in the DNS: those that somebody asked for, and proven ones once a week; where the proof was not found,
-- the next day again.
set local role rowhouse_definer;
create or replace function jobs.due_domains(most integer)
    returns table (tenant_id uuid, id uuid, domain text, challenge text)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select due.tenant_id, due.id, due.domain, due.challenge
    from app.domains as due
    where due.check_requested_at is not null
        or due.verified_at is not null
            and due.checked_at <= now() - case when due.failures = 0 then interval '7 days' else interval '1 day' end
    order by due.checked_at nulls first, due.id
    limit most
$$;
grant execute on function jobs.due_domains(integer) to rowhouse_worker;
comment on function jobs.due_domains(integer) is
    'Domains whose proof is to be looked for in the DNS: asked for, or proven a week ago.';
reset role;
