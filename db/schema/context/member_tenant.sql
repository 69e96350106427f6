-- For policies about what colleagues see of each other: the caller's tenant if the caller is somebody, signed in or by a key of
-- theirs. A key of the tenant's own is nobody (its user is itself), and a guest is no colleague: what stands in a web page
-- for every visitor must not list who works there. The operator who is inside for support sees whom they are to help.
create or replace function context.member_tenant() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    return case
        when context.kind_in(body) = 'support'
            or context.kind_in(body) <> 'guest' and context.user_in(body) is distinct from context.credential_in(body)
            then context.tenant_in(body)
    end;
end
$$;
grant execute on function context.member_tenant() to rowhouse_app, rowhouse_definer;
comment on function context.member_tenant() is
    'The caller''s tenant if the caller is a member of it; null for a guest, and for a key that is the tenant''s own: a policy that compares with it hides.';
