-- Gives an audit stream another secret. The one before it signs along for `overlap` seconds: a day unless it is said.
create or replace function app.rotate_audit_stream_secret(
    id uuid, secret_id uuid, sealed_secret text, overlap integer default 86400
)
    returns app.audit_streams
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    rotated app.audit_streams;
begin
    perform context.keep_stream_secret(rotate_audit_stream_secret.id, secret_id, sealed_secret, coalesce(overlap, 86400));
    select * into rotated from app.audit_streams as mine where mine.id = rotate_audit_stream_secret.id;
    return rotated;
end
$$;
grant execute on function app.rotate_audit_stream_secret(uuid, uuid, text, integer) to rowhouse_app;
comment on function app.rotate_audit_stream_secret(uuid, uuid, text, integer) is
    'Gives an audit stream another secret, shown this once; the one before it signs along for so many seconds.';
