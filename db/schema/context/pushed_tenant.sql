-- For the policy that lets jobs.leaves_to_push() read the trail of one tenant: that tenant, or null in everybody else's context.
create or replace function context.pushed_tenant() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return context.detail_in(context.open_seal()) ->> 'pushes';
end
$$;
grant execute on function context.pushed_tenant() to rowhouse_definer;
comment on function context.pushed_tenant() is
    'The tenant whose trail jobs.leaves_to_push() reads in this context; null in every other.';
