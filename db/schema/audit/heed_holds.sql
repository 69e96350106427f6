-- What deletes waits here for a hold that is being placed, and whoever places one waits for what is being deleted: so
-- whoever deletes and looks for holds after this sees each that was placed before. Deletions do not wait for one another, and who places
-- one takes no lock after this, so neither waits for the other in turn.
set local role rowhouse_definer;
create or replace function audit.heed_holds() returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select pg_advisory_xact_lock_shared(hashtextextended('audit.legal_holds', 0))
$$;
comment on function audit.heed_holds() is
    'Waits for a hold that is being placed, and keeps others from being placed until the transaction ends: for what deletes.';
reset role;
