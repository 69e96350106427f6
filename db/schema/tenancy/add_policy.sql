-- A policy for the application's callers. Where something may be written, what may be found and what may come of it is the same.
create or replace function tenancy.add_policy(target regclass, name text, kind text, condition text, why text) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    execute format('create policy %I on %s as %s to rowhouse_app', name, target, kind)
        || case when kind ~ 'insert' then '' else format(' using (%s)', condition) end
        || case when kind ~ '(select|delete)' then '' else format(' with check (%s)', condition) end;
    execute format('comment on policy %I on %s is %L', name, target, why);
end
$$;
comment on function tenancy.add_policy(regclass, text, text, text, text) is
    'Makes a policy for the application''s callers, with a comment that says why.';
