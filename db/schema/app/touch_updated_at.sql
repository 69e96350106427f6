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
create or replace trigger touch_updated_at before update of team_id, visibility, title, tags, version on app.documents
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
create or replace trigger touch_updated_at before update of team_id, question, answer, language, active, document_ids on app.curated_answers
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.message_feedback
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update of cap_micros on app.budgets
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.model_prices
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on auth.model_providers
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.tool_servers
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.tools
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update of url, description, format, active on app.audit_streams
    for each row execute function app.touch_updated_at();
