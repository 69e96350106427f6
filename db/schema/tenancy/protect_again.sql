-- Does anew what each tenancy.protect() did: at the end of a replay, so that an upgrade reaches the application's tables
-- too, and what somebody changed of them by hand is mended as ours is. Tables that are gone are forgotten.
create or replace function tenancy.protect_again() returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    protection tenancy.protected_tables;
begin
    delete from tenancy.protected_tables as known where to_regclass(known.name) is null;
    for protection in select * from tenancy.protected_tables order by name loop
        perform tenancy.apply(protection);
    end loop;
end
$$;
comment on function tenancy.protect_again() is
    'Makes every protected table of the application''s anew as its protection says.';
select tenancy.protect_again();
