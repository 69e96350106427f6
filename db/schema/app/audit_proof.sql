-- What shows that an event is in its tenant's sealed trail.
do $$
begin
    if to_regtype('app.audit_proof') is null then
        create type app.audit_proof as (
            leaf       text,
            salt       uuid,
            index      bigint,
            size       bigint,
            path       text[],
            checkpoint text
        );
    end if;
end
$$;
comment on type app.audit_proof is 'What shows that an event is in the sealed trail: its leaf, and what leads from there to a signed root (RFC 6962).';
comment on column app.audit_proof.leaf is 'The event as it was sealed, values of people as commitments. Its hash is that of a zero byte and this.';
comment on column app.audit_proof.salt is 'With it, values that one has can be compared with the commitments. Null where some were erased.';
comment on column app.audit_proof.index is 'Which leaf it is, from 0.';
comment on column app.audit_proof.size is 'How many leaves the tree of the checkpoint has.';
comment on column app.audit_proof.path is 'The hashes from the leaf to the root, the lowest first, in base64.';
comment on column app.audit_proof.checkpoint is 'The signed note (C2SP tlog-checkpoint), with what witnesses signed.';
