-- Closes the caller's tenant, which is erased when its grace is over. An owner does that, who proved lately who they are, and who
-- types the tenant's slug, because a button is pressed by mistake. Its sessions end and its keys are revoked at once, and
-- the door is shut to whoever comes later. Until the erasure has begun an owner can bring it back, by the
-- link of a mail (auth.restore_tenant), and so can the operator (auth.resume_tenant). Returns when it is erased.
set local role rowhouse_definer;
create or replace function context.close_tenant(slug text) returns timestamptz
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    place app.tenants;
    due   timestamptz;
    ended integer;
    keys  integer;
begin
    perform context.require_session();
    if not context.is_owner() then
        perform context.refuse('owner');
    end if;
    perform context.require_fresh_sign_in();
    select * into strict place from app.tenants as own where own.id = context.tenant_id() for no key update;
    if close_tenant.slug is distinct from place.slug then
        raise exception using
            errcode = 'RH400',
            message = 'the slug is not that of the company that is to be deleted',
            column = 'slug',
            constraint = 'tenants_deleted_by_slug',
            hint = 'myTenant { slug } says it.';
    end if;
    insert into auth.tenant_deletions (id, asked_by, due_at)
        values (place.id, context.user_id(), now() + place.deletion_grace_days * interval '1 day')
        returning due_at into due;
    update app.tenants as own set status = 'closed' where own.id = place.id;
    select shut.sessions, shut.keys into ended, keys from auth.shut_tenant(place.id) as shut;
    perform auth.offer_tenant_back(place.id, due);
    perform audit.record_event('tenant.deletion_asked', place.id,
        jsonb_build_object('due_at', due, 'sessions', ended, 'keys', keys));
    return due;
end
$$;
grant execute on function context.close_tenant(text) to rowhouse_app;
comment on function context.close_tenant(text) is
    'For app.delete_tenant(): closes the caller''s tenant at its owner''s word, ends its sessions and keys, and says when it is erased.';
reset role;
