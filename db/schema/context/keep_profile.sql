-- Whether the caller's questions draw a profile of what they tend to ask about. Off forgets what there is.
set local role rowhouse_definer;
create or replace function context.keep_profile(enabled boolean) returns uuid
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    kept uuid;
begin
    insert into app.user_profiles as profile (tenant_id, user_id, enabled)
    values (context.tenant_requiring('chat'), context.user_id(), keep_profile.enabled)
    on conflict (tenant_id, user_id) do update set
        enabled = excluded.enabled,
        questions = case when excluded.enabled then profile.questions else 0 end,
        model = case when excluded.enabled then profile.model end,
        embedding = case when excluded.enabled then profile.embedding end,
        updated_at = now()
    returning profile.id into kept;
    return kept;
end
$$;
grant execute on function context.keep_profile(boolean) to rowhouse_app;
comment on function context.keep_profile(boolean) is
    'Switches the caller''s profile on, or off, which forgets it. Raises RH403.';
reset role;
