select context.close_table('auth.api_keys');

-- The definer's reach: the door.
grant select on auth.api_keys to rowhouse_definer;
create policy "the door finds a key by its digest" on auth.api_keys
    for select to rowhouse_definer using (true);
comment on policy "the door finds a key by its digest" on auth.api_keys is
    'context.enter() with sha256 of a key. Nothing issues keys yet.';
