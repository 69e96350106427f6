-- An access review was made: an event of the tenant's, which commits before the document is handed out. It has the document's hash,
-- so that a copy of years later can be compared.
--
-- detail: what the document says of itself: {from, to, format, sha256, verified, findings}
set local role rowhouse_definer;
create or replace function audit.record_report(tenant uuid, detail jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if not exists (select from app.tenants as place where place.id = tenant) then
        perform context.refuse_missing('tenant');
    end if;
    -- Whoever may say that a report was made says this of it, and nothing else.
    if detail - array['from', 'to', 'format', 'sha256', 'verified', 'findings'] <> '{}' or octet_length(detail::text) > 1000
        or not coalesce(detail ->> 'sha256' ~ '^[0-9a-f]{64}$', false)
    then
        raise exception using errcode = 'RH400', message = 'a report is recorded with its period, its hash and what it found';
    end if;
    perform audit.record_event('audit.reported', tenant, detail);
end
$$;
grant execute on function audit.record_report(uuid, jsonb) to rowhouse_auditor;
comment on function audit.record_report(uuid, jsonb) is
    'Writes that an access review was made (audit.reported): of which period, and the hash of the document.';
reset role;
