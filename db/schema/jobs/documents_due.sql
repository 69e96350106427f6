-- Whether a document waits to be read that no worker has in hand.
set local role rowhouse_definer;
create or replace function jobs.documents_due() returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (select from app.documents as waiting where waiting.due_at <= now())
$$;
grant execute on function jobs.documents_due() to rowhouse_worker;
comment on function jobs.documents_due() is 'Whether a document waits to be read.';
reset role;
