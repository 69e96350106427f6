-- Asks for a look into the DNS. The worker looks within a minute (jobs.due_domains), because what the DNS says has to come
-- from somebody whom the database believes.
create or replace function app.verify_domain(id uuid) returns app.domains
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    asked app.domains;
begin
    update app.domains as mine set check_requested_at = now() where mine.id = verify_domain.id returning * into asked;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such domain';
    end if;
    return asked;
end
$$;
grant execute on function app.verify_domain(uuid) to rowhouse_app;
comment on function app.verify_domain(uuid) is
    'Has the worker look within a minute whether the TXT record _rowhouse-challenge of the domain holds its challenge.';
