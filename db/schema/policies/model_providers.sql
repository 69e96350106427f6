select context.close_table('auth.model_providers');

-- The definer's reach: a tenant's provider.
grant select, insert, update, delete on auth.model_providers to rowhouse_definer;
create policy "the key of a provider is lent to turns and shown to nobody" on auth.model_providers
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the key of a provider is lent to turns and shown to nobody" on auth.model_providers is
    'context.keep_model_provider() brings it, encrypted under the master key; context.begin_turn() and jobs.document_provider() lend it to the server; context.model_provider() shows all but the key.';
