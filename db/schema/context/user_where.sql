-- For policies that hide what is not the caller's own: `user_id = (select context.user_where('chat'))`. In which tenant, the
-- wall says. One that refuses aloud asks for the tenant too (context.tenant_requiring): a refusal that waited for a row of
-- the caller's tenant would tell that there is one.
create or replace function context.user_where(permission text) returns uuid
    language sql stable parallel restricted security invoker
    return context.user_in(context.open_seal(permission));
grant execute on function context.user_where(text) to rowhouse_app;
comment on function context.user_where(text) is
    'The caller if they hold the permission in their tenant, else null: a policy that compares with it hides.';
