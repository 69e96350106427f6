-- Settles what embedding a document cost, once, whatever became of the document; false: it was settled already.
-- Raises RH404 for an unknown turn and a wrong secret alike.
set local role rowhouse_definer;
create or replace function jobs.settle_embedding(tenant uuid, turn uuid, settlement bytea, outcome text, usage jsonb) returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select auth.settle_turn(tenant, turn, settlement, outcome, usage => usage)
$$;
grant execute on function jobs.settle_embedding(uuid, uuid, bytea, text, jsonb) to rowhouse_worker;
comment on function jobs.settle_embedding(uuid, uuid, bytea, text, jsonb) is
    'Settles what embedding a document cost, once. Raises RH404.';
reset role;
