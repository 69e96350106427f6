create or replace function app.audit_proof(event_id uuid) returns app.audit_proof
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select audit.prove_event(event_id)
$$;
grant execute on function app.audit_proof(uuid) to rowhouse_app;
comment on function app.audit_proof(uuid) is
    'What shows that an event is in the sealed trail; needs view_audit. An event is sealed and signed about a minute after it happened.';

create or replace function app.audit_consistency(older bigint, newer bigint) returns text[]
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select audit.prove_growth(older, newer)
$$;
grant execute on function app.audit_consistency(bigint, bigint) to rowhouse_app;
comment on function app.audit_consistency(bigint, bigint) is
    'What shows that the trail''s tree of `newer` leaves goes on from that of `older`: hashes in base64 (RFC 6962 section 2.1.2); needs view_audit.';

create or replace function app.audit_checkpoint() returns text
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select audit.checkpoint_of_caller()
$$;
grant execute on function app.audit_checkpoint() to rowhouse_app;
comment on function app.audit_checkpoint() is
    'The newest checkpoint of the tenant''s trail, a signed note (C2SP tlog-checkpoint): keep it elsewhere, and nobody can rewrite what it covers unnoticed; needs view_audit.';
