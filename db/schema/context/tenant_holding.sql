-- For policies about a row's own permissions: `tenant_id = (select context.tenant_holding(permissions))`. It runs
-- for each row and answers both questions from one look at the context, so that nobody can change tenants between.
create or replace function context.tenant_holding(permissions text[]) returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    return case when permissions <@ context.permissions_in(body) then context.tenant_in(body) end;
end
$$;
grant execute on function context.tenant_holding(text[]) to rowhouse_app;
comment on function context.tenant_holding(text[]) is
    'The caller''s tenant if they hold all of these permissions there, else null: a policy that compares with it hides.';
