-- Gives an endpoint another secret. The one before it signs along for `overlap` seconds: a day unless it is said.
create or replace function app.rotate_webhook_secret(
    id uuid, secret_id uuid, sealed_secret text, overlap integer default 86400
)
    returns app.webhook_endpoints
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    rotated app.webhook_endpoints;
begin
    perform context.keep_webhook_secret(rotate_webhook_secret.id, secret_id, sealed_secret, coalesce(overlap, 86400));
    select * into rotated from app.webhook_endpoints as mine where mine.id = rotate_webhook_secret.id;
    return rotated;
end
$$;
grant execute on function app.rotate_webhook_secret(uuid, uuid, text, integer) to rowhouse_app;
comment on function app.rotate_webhook_secret(uuid, uuid, text, integer) is
    'Gives a webhook endpoint another secret, shown this once; the one before it signs along for so many seconds.';
