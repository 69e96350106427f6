create or replace function app.touch_updated_at() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
comment on function app.touch_updated_at() is 'Trigger: updated_at is the time of the last change, whatever the caller says.';

create or replace trigger touch_updated_at before update on app.tenants
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.users
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.roles
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.memberships
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.teams
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.team_members
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.conversations
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.user_preferences
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update of url, description, events, active on app.webhook_endpoints
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.tenant_preferences
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.invitations
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.domains
    for each row execute function app.touch_updated_at();
