-- Whether the caller owns their tenant.
create or replace function context.is_owner() returns boolean
    language sql stable parallel restricted security invoker
    return coalesce(context.is_owner_in(context.open_seal()), false);
grant execute on function context.is_owner() to rowhouse_app, rowhouse_definer;
comment on function context.is_owner() is
    'Whether the caller is an owner of their tenant, signed in themselves: an API key never is.';
