-- Whether there is something to send that nobody has in hand: asked every other second.
set local role rowhouse_definer;
create or replace function jobs.webhooks_due() returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select exists (select from jobs.webhook_endpoints_due())
$$;
grant execute on function jobs.webhooks_due() to rowhouse_worker;
comment on function jobs.webhooks_due() is 'Whether an event waits for an endpoint that no worker has in hand.';
reset role;
