-- For app.audit_consistency(): what shows that the caller's tenant's tree only grew between two checkpoints, for holders of
-- view_audit.
set local role rowhouse_definer;
create or replace function audit.prove_growth(older bigint, newer bigint) returns text[]
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_where('view_audit');
begin
    if tenant is null then
        perform context.refuse('view_audit');
    end if;
    if not exists (select from audit.trees as tree where tree.tenant_id = tenant and older between 1 and newer and newer <= tree.signed_size) then
        perform context.refuse_missing('size of the trail''s tree that was signed');
    end if;
    return array(select encode(hash, 'base64') from unnest(audit.consistency_path(tenant, older, newer))
        with ordinality as step (hash, place) order by place);
end
$$;
grant execute on function audit.prove_growth(bigint, bigint) to rowhouse_app;
comment on function audit.prove_growth(bigint, bigint) is
    'What shows that the caller''s tenant''s tree only grew between two sizes; needs view_audit.';
reset role;
