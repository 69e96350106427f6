select context.close_table('context.seal_keys');

-- The definer's reach: the seal.
grant select, insert, update, delete on context.seal_keys to rowhouse_definer;
create policy "only the seal uses its keys" on context.seal_keys
    for all to rowhouse_definer using (true) with check (true);
comment on policy "only the seal uses its keys" on context.seal_keys is
    'context.seal() and context.open_seal(). Whoever reads a key can forge any context, so nobody else does.';
