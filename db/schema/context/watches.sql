-- For the policy that lets auth.watch_subscriptions() look at the version of a row: whether this is its context.
create or replace function context.watches() returns boolean
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return coalesce((context.detail_in(context.open_seal()) ->> 'watches')::boolean, false);
end
$$;
grant execute on function context.watches() to rowhouse_definer;
comment on function context.watches() is
    'Whether auth.watch_subscriptions() asks; false in every other context.';
