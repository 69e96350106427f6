select context.close_table('auth.webhook_secrets');

-- The definer's reach: signing.
grant select, insert, delete on auth.webhook_secrets to rowhouse_definer;
grant update (expires_at) on auth.webhook_secrets to rowhouse_definer;
create policy "the queue signs with secrets that nobody reads" on auth.webhook_secrets
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the queue signs with secrets that nobody reads" on auth.webhook_secrets is
    'context.keep_webhook_secret() brings them, encrypted under the master key; jobs.claim_webhooks() lends them to the worker; jobs.expire_webhooks() forgets replaced ones.';
