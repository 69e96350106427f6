-- Erases values of a sealed event, on request (GDPR article 17): they become "[erased]", or null. What commits to them stays, so
-- that the leaf, the tree and every proof are as they were; the salts with which they could be guessed go. That it was done is
-- an event itself.
--
-- fields: as the leaf names them: ip, user_agent, request_id, new_row.email, or row.email where it is the same in both rows. Keys
-- of rows are ids, and stay.
-- Returns how many were erased now; those that were before are passed over.
set local role rowhouse_definer;
create or replace function audit.erase_fields(tenant uuid, event uuid, fields text[], reason text) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mark    audit.seal_mark;
    leaf    audit.leaves;
    told    audit.events;
    unknown text[];
    erased  text[];
begin
    if reason is null or app.is_blank(reason) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'an erasure has a reason of 1 to 500 characters';
    end if;
    perform audit.refuse_held(tenant);
    mark := audit.begin_work('erasing');
    select * into leaf from audit.leaves as known where known.tenant_id = tenant and known.event_id = event for no key update;
    select * into told from audit.events as known where known.tenant_id = tenant and known.id = event and known.at = leaf.at;
    if told.id is null then
        perform context.refuse_missing('event that is sealed');
    end if;
    -- What vouches for what is missing.
    if told.action = 'audit.expired' then
        raise exception using errcode = 'RH400', message = 'nothing can be erased of an event that vouches for what is over';
    end if;
    unknown := array(
        select wanted from unnest(fields) as wanted
        where wanted in ('row_key', 'row_id') or not (
            wanted in (select field.name from audit.committed_fields(told) as field)
            or exists (
                select from audit.commitments as gone
                where gone.tenant_id = tenant and gone.event_id = event and gone.field = wanted and gone.salt is null
            )
        )
    );
    if unknown <> '{}' then
        raise exception using errcode = 'RH400', message = format('the event has no such field that can be erased: %s', array_to_string(unknown, ', '));
    end if;

    if leaf.salt is not null then
        insert into audit.commitments (tenant_id, event_id, field, salt)
        select tenant, event, field.name, audit.field_salt(leaf.salt, field.name)
        from audit.committed_fields(told) as field;
        update audit.leaves as known set salt = null where known.tenant_id = tenant and known.event_id = event;
    end if;
    with gone as (
        update audit.commitments as known
        set salt = null, commitment = audit.commitment(known.salt, field.value), erased_at = now()
        from audit.committed_fields(told) as field
        where known.tenant_id = tenant and known.event_id = event and known.field = field.name
            and field.name = any (fields) and known.salt is not null
        returning known.field
    )
    select coalesce(array_agg(gone.field order by gone.field), '{}') into erased from gone;
    if erased <> '{}' then
        update audit.events as known set
            request_id = case when 'request_id' <> all (erased) then known.request_id end,
            ip = case when 'ip' <> all (erased) then known.ip end,
            user_agent = case when 'user_agent' <> all (erased) then known.user_agent end,
            old_row = audit.without_values(known.old_row, 'old_row', erased),
            new_row = audit.without_values(known.new_row, 'new_row', erased),
            detail = audit.without_values(known.detail, 'detail', erased)
        where known.tenant_id = tenant and known.id = event and known.at = leaf.at;
        perform audit.record_event('audit.fields_erased', tenant,
            jsonb_build_object('event', event, 'fields', to_jsonb(erased), 'reason', reason));
    end if;
    perform audit.end_work(mark);
    return cardinality(erased);
end
$$;
grant execute on function audit.erase_fields(uuid, uuid, text[], text) to rowhouse_owner;
comment on function audit.erase_fields(uuid, uuid, text[], text) is
    'Erases values of a sealed event and keeps what commits to them: how many. For operators; every proof holds as before.';
reset role;
