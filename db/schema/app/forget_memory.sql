-- What was forgotten, or mended, stays so: nothing that was said before is read for memories any more, and what a job is
-- reading at this moment is thrown away (its attempt is over).
set local role rowhouse_definer;
create or replace function app.forget_memory() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    -- Not where the member goes, and everything with them.
    insert into auth.memory_readings as reading (tenant_id, user_id, read_until, attempt)
    select member.tenant_id, member.user_id, clock_timestamp(), 1
    from app.memberships as member
    where member.tenant_id = old.tenant_id and member.user_id = old.user_id
    on conflict (tenant_id, user_id) do update set
        read_until = excluded.read_until, due_at = null, attempt = reading.attempt + 1, tries = 0;
    return null;
end
$$;
grant execute on function app.forget_memory() to rowhouse_owner;
comment on function app.forget_memory() is
    'Trigger: after something was forgotten or mended, nothing that was said before is read for memories.';
reset role;

create or replace trigger forget_memory after delete or update of content on app.memories
    for each row execute function app.forget_memory();
