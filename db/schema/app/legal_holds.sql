create or replace function app.legal_holds() returns setof app.legal_hold
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from audit.holds_of_caller()
$$;
grant execute on function app.legal_holds() to rowhouse_app;
comment on function app.legal_holds() is
    'The legal holds over the company, those that were released among them, the newest first, a hundred at most; needs view_audit.';
