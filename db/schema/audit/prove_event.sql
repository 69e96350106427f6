-- For app.audit_proof(): what shows that an event of the caller's tenant is in the tree of its newest checkpoint, for holders of
-- view_audit.
set local role rowhouse_definer;
create or replace function audit.prove_event(event uuid) returns app.audit_proof
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_where('view_audit');
    sealed audit.leaves;
    signed audit.checkpoints;
    told   audit.events;
    proof  app.audit_proof;
begin
    if tenant is null then
        perform context.refuse('view_audit');
    end if;
    select * into sealed from audit.leaves as leaf where leaf.tenant_id = tenant and leaf.event_id = event;
    select * into signed from audit.checkpoints as known where known.tenant_id = tenant and known.size > sealed.index
    order by known.size desc limit 1;
    select * into told from audit.events as known where known.tenant_id = tenant and known.id = event and known.at = sealed.at;
    if signed.size is null or told.id is null then
        perform context.refuse_missing('event that is sealed and signed');
    end if;
    proof.leaf := audit.leaf_text(sealed, told);
    proof.salt := sealed.salt;
    proof.index := sealed.index;
    proof.size := signed.size;
    proof.path := array(select encode(hash, 'base64') from unnest(audit.inclusion_path(tenant, sealed.index, signed.size))
        with ordinality as step (hash, place) order by place);
    proof.checkpoint := signed.note || array_to_string(signed.cosignatures, '');
    return proof;
end
$$;
grant execute on function audit.prove_event(uuid) to rowhouse_app;
comment on function audit.prove_event(uuid) is
    'What shows that an event of the caller''s tenant is in its sealed trail; needs view_audit.';
reset role;
