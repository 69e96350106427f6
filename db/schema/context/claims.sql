-- What the door established for this transaction, to be read: by people, and by whoever needs all of it.
create or replace function context.claims() returns jsonb
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    return context.detail_in(body) || jsonb_build_object(
        'kind', context.kind_in(body),
        'credential', context.credential_in(body),
        'user', context.user_in(body),
        'tenant', context.tenant_in(body),
        'owner', context.is_owner_in(body),
        'permissions', context.permissions_in(body),
        'teams', context.teams_in(body)
    );
end
$$;
grant execute on function context.claims() to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.claims() is
    'What the door established for this transaction, as JSON, or null. Raises RH403 for a value that the door did not write.';
