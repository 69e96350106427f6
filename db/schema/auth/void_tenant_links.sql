-- Makes the links worthless that would bring a closed tenant back: it is back, or the operator wants it gone.
set local role rowhouse_definer;
create or replace function auth.void_tenant_links(tenant uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update auth.mail_tokens as token set used_at = now() where token.restores = tenant and token.used_at is null
$$;
comment on function auth.void_tenant_links(uuid) is
    'Makes the links worthless that owners were mailed to bring their closed tenant back.';
reset role;
