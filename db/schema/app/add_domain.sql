create or replace function app.add_domain(domain text, role_id uuid, admits boolean default false) returns app.domains
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    insert into app.domains (domain, role_id, admits)
    values (lower(btrim(add_domain.domain) collate "C"), add_domain.role_id, coalesce(add_domain.admits, false))
    returning *
$$;
grant execute on function app.add_domain(text, uuid, boolean) to rowhouse_app;
comment on function app.add_domain(text, uuid, boolean) is
    'Names a domain of the company''s. Put its challenge into the DNS, and verify it; then, if it admits, people with a proven address there may join with its role.';
