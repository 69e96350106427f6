-- Forgets events thirty days after they happened, whatever became of them, and secrets that were replaced and are over.
set local role rowhouse_definer;
create or replace function jobs.expire_webhooks() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    forgotten integer;
begin
    delete from app.webhook_deliveries where created_at <= now() - interval '30 days';
    get diagnostics forgotten = row_count;
    delete from auth.webhook_secrets where expires_at <= now();
    return forgotten;
end
$$;
grant execute on function jobs.expire_webhooks() to rowhouse_worker;
comment on function jobs.expire_webhooks() is
    'Forgets webhook deliveries of more than thirty days ago and returns how many; and secrets that were replaced.';
reset role;
