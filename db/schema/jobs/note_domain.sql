-- Notes what the DNS said of a domain. One that was proven is so until its proof is missing three days in a row: somebody
-- who moves a zone does not lock their people out. An answer that did not come says nothing.
--
-- proven: null where the DNS did not answer
-- Returns whether the domain is proven now.
set local role rowhouse_definer;
create or replace function jobs.note_domain(tenant uuid, id uuid, proven boolean) returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update app.domains as known set
        checked_at = now(),
        check_requested_at = null,
        failures = case when proven then 0 when proven is null then known.failures else least(known.failures + 1, 3) end,
        verified_at = case
            when proven then coalesce(known.verified_at, now())
            when proven is null or known.failures < 2 then known.verified_at
        end
    where known.tenant_id = tenant and known.id = note_domain.id
    returning known.verified_at is not null
$$;
grant execute on function jobs.note_domain(uuid, uuid, boolean) to rowhouse_worker;
comment on function jobs.note_domain(uuid, uuid, boolean) is
    'Notes whether a domain''s challenge is in the DNS; null where it did not answer. Returns whether the domain is proven now.';
reset role;
