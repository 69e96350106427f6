-- What deletes asks here: refuses what a hold stands over, somebody's things or, where nobody is named, any of a tenant's, and keeps holds
-- from being placed until the transaction ends.
set local role rowhouse_definer;
create or replace function audit.refuse_held(tenant uuid, person uuid default null) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    hold uuid;
begin
    perform audit.heed_holds();
    -- A statement of its own: it sees what was placed while the one before waited.
    hold := audit.hold_of(tenant, person);
    if hold is not null then
        raise exception using
            errcode = 'RH490',
            message = 'this is kept as it is, because a legal hold stands over it',
            detail = hold::text,
            hint = 'The operator releases it: "rowhouse audit hold release".';
    end if;
end
$$;
comment on function audit.refuse_held(uuid, uuid) is
    'Raises RH490, with the hold, where one stands over a tenant, or over one person''s things in it: for what deletes.';
reset role;
