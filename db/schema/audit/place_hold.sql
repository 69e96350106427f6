-- Places a hold: from then on nothing goes that it stands over. Waits for deletions that are under way, each of which is a batch;
-- whoever deletes after it finds it.
--
-- person: whose things alone are held; null: everybody's
set local role rowhouse_definer;
create or replace function audit.place_hold(tenant uuid, person uuid, reason text) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    placed uuid;
begin
    if reason is null or app.is_blank(reason) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a hold has a reason of 1 to 500 characters';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('audit.legal_holds', 0));
    -- A tenant that was erased has a trail all the same.
    if not exists (select from app.tenants as known where known.id = tenant)
        and not exists (select from audit.trees as tree where tree.tenant_id = tenant)
    then
        perform context.refuse_missing('tenant');
    end if;
    if person is not null and not exists (
        select from app.memberships as membership where membership.tenant_id = tenant and membership.user_id = person
    ) then
        perform context.refuse_missing('member of this tenant');
    end if;
    insert into audit.legal_holds as hold (tenant_id, user_id, reason) values (tenant, person, place_hold.reason)
    returning hold.id into placed;
    perform audit.record_event('audit.hold_placed', tenant,
        jsonb_strip_nulls(jsonb_build_object('hold', placed, 'user_id', person, 'reason', reason)));
    return placed;
end
$$;
grant execute on function audit.place_hold(uuid, uuid, text) to rowhouse_owner;
comment on function audit.place_hold(uuid, uuid, text) is
    'For the operator: places a legal hold over a tenant, or over one person''s things in it, and answers its id.';
reset role;
