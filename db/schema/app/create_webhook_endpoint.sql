-- Makes an endpoint with its secret, which the server makes, and encrypts under the id that it gives it.
create or replace function app.create_webhook_endpoint(
    secret_id uuid, sealed_secret text, url text, events text[], description text default ''
)
    returns app.webhook_endpoints
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    made app.webhook_endpoints;
begin
    insert into app.webhook_endpoints (url, events, description)
    values (create_webhook_endpoint.url, create_webhook_endpoint.events, coalesce(create_webhook_endpoint.description, ''))
    returning * into made;
    perform context.keep_webhook_secret(made.id, secret_id, sealed_secret, 0);
    return made;
end
$$;
grant execute on function app.create_webhook_endpoint(uuid, text, text, text[], text) to rowhouse_app;
comment on function app.create_webhook_endpoint(uuid, text, text, text[], text) is
    'Subscribes an address to events. The secret that they are signed with is shown this once.';
