-- Revokes a link of the caller's, for good. It takes no permission: who lost chat has their links dead anyway, and may make sure of it.
set local role rowhouse_definer;
create or replace function context.revoke_share_link(id uuid) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    if context.kind_in(body) = 'support' and (context.detail_in(body) ->> 'writes')::boolean is not true then
        perform context.refuse_support();
    end if;
    update auth.share_links as known set revoked_at = coalesce(known.revoked_at, now())
    where known.tenant_id = context.tenant_in(body) and known.user_id = context.user_in(body) and known.id = revoke_share_link.id;
    if not found then
        perform context.refuse_missing('link');
    end if;
end
$$;
grant execute on function context.revoke_share_link(uuid) to rowhouse_app;
comment on function context.revoke_share_link(uuid) is 'Revokes a link of the caller''s. Raises RH404, RH413.';
reset role;
