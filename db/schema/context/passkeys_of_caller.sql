-- The caller's own passkeys, oldest first. The table stays shut: whether somebody else has one is nobody's business, and its
-- unique key would tell.
set local role rowhouse_definer;
create or replace function context.passkeys_of_caller() returns setof app.passkey
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select mine.id, mine.name, mine.backup_eligible, mine.aaguid, mine.created_at, mine.last_used_at
    from auth.passkeys as mine
    where mine.user_id = context.user_id() and context.kind_in(context.open_seal()) <> 'support'
    order by mine.id
$$;
grant execute on function context.passkeys_of_caller() to rowhouse_app;
comment on function context.passkeys_of_caller() is 'The caller''s own passkeys, oldest first.';
reset role;
