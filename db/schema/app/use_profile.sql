create or replace function app.use_profile(enabled boolean) returns app.user_profiles
    language plpgsql volatile strict parallel unsafe security invoker
    set search_path = ''
as $$
declare
    kept constant uuid := context.keep_profile(use_profile.enabled);
    mine app.user_profiles;
begin
    select * into mine from app.my_profile();
    return mine;
end
$$;
grant execute on function app.use_profile(boolean) to rowhouse_app;
comment on function app.use_profile(boolean) is
    'Lets the caller''s questions draw a profile that moves up what is near to them, or switches it off and forgets it.';
