-- Who reads a document reads its parts: in the same transaction, so that the next question finds no passage of one that was
-- narrowed.
set local role rowhouse_definer;
create or replace function app.carry_visibility() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update app.document_versions as part set visibility = new.visibility, team_id = new.team_id, user_id = new.user_id
    where part.tenant_id = new.tenant_id and part.document_id = new.id;
    update app.document_contents as part set visibility = new.visibility, team_id = new.team_id, user_id = new.user_id
    where part.tenant_id = new.tenant_id and part.document_id = new.id;
    update app.document_chunks as part set visibility = new.visibility, team_id = new.team_id, user_id = new.user_id
    where part.tenant_id = new.tenant_id and part.document_id = new.id;
    return null;
end
$$;
grant execute on function app.carry_visibility() to rowhouse_owner;
comment on function app.carry_visibility() is
    'Trigger: the parts of a document change visibility, team and user with it.';
reset role;

create or replace trigger carry_visibility after update on app.documents
    for each row
    when ((old.visibility, old.team_id, old.user_id) is distinct from (new.visibility, new.team_id, new.user_id))
    execute function app.carry_visibility();
