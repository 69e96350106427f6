-- A hundred things are remembered of somebody in a company; what finds no room is not learned, and whoever writes it is told so.
-- What a person writes or mends is theirs; only a job, which is no caller, learns.
set local role rowhouse_definer;
create or replace function app.guard_memory() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if context.is_caller() then
        new.learned := false;
    end if;
    if tg_op = 'INSERT' then
        perform pg_advisory_xact_lock(hashtextextended(format('memories %s %s', new.tenant_id, new.user_id), 0));
        if (select count(*) from app.memories as known where known.tenant_id = new.tenant_id and known.user_id = new.user_id) >= 100 then
            raise exception using
                errcode = 'RH480',
                message = '100 of 100 things are remembered',
                hint = 'Forget something that matters no more.';
        end if;
    end if;
    return new;
end
$$;
grant execute on function app.guard_memory() to rowhouse_owner;
comment on function app.guard_memory() is
    'Trigger: at most a hundred things are remembered of somebody (RH480); what callers write or mend is not learned.';
reset role;

create or replace trigger guard_memory before insert or update on app.memories
    for each row execute function app.guard_memory();
