-- Somebody may think something of an answer that they may read: one in a conversation of their own, or of a team of theirs.
-- What they may not read is not there (RH404), so that nobody learns of a message by rating it.
set local role rowhouse_definer;
create or replace function app.guard_feedback() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if context.is_caller() and not exists (
        select from app.messages as answer
        where answer.tenant_id = context.tenant_id() and answer.id = new.message_id
            and answer.role = 'assistant' and answer.deleted_at is null
            and (answer.user_id = context.user_id() and answer.team_id is null or answer.team_id = any (context.teams()))
    ) then
        perform context.refuse_missing('answer');
    end if;
    return new;
end
$$;
grant execute on function app.guard_feedback() to rowhouse_owner;
comment on function app.guard_feedback() is 'Trigger: only an answer that one may read is rated (RH404).';
reset role;

create or replace trigger guard_feedback before insert on app.message_feedback
    for each row execute function app.guard_feedback();
