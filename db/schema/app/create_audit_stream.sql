-- Makes an audit stream with its secret, which the server makes, and encrypts under the id that it gives it.
create or replace function app.create_audit_stream(
    secret_id uuid, sealed_secret text, url text, format text default 'ocsf', description text default '', after bigint default -1
)
    returns app.audit_streams
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    made app.audit_streams;
begin
    insert into app.audit_streams (url, format, description, last_index)
    values (
        create_audit_stream.url, coalesce(create_audit_stream.format, 'ocsf'), coalesce(create_audit_stream.description, ''),
        coalesce(create_audit_stream.after, -1)
    )
    returning * into made;
    perform context.keep_stream_secret(made.id, secret_id, sealed_secret, 0);
    return made;
end
$$;
grant execute on function app.create_audit_stream(uuid, text, text, text, text, bigint) to rowhouse_app;
comment on function app.create_audit_stream(uuid, text, text, text, text, bigint) is
    'Has the sealed trail sent to an address, from its first leaf on or behind `after`. The secret that it is signed with is shown this once.';
