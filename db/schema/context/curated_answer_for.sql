-- Which curated answer a question of the caller's would get; its key only, for row security to be asked again (app.curated_answer_for).
set local role rowhouse_definer;
create or replace function context.curated_answer_for(question text) returns uuid
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    return (
        select given.id from context.curated_answer(
            context.tenant_requiring('manage_documents'), question, context.user_id(), context.may('read_documents'),
            context.teams('read_documents')
        ) as given
    );
end
$$;
grant execute on function context.curated_answer_for(text) to rowhouse_app;
comment on function context.curated_answer_for(text) is
    'The key of the curated answer that a question of the caller''s would get. Raises RH403.';
reset role;
