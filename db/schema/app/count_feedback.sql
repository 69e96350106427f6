-- What somebody thinks of an answer counts on the day of its turn, for as long as they think so. Where the answer itself is gone
-- there is nothing to look the day up by, and the figures stay as they are: they outlive what they are of.
set local role rowhouse_definer;
create or replace function app.count_feedback() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    up   integer := 0;
    down integer := 0;
    thought app.message_feedback;
begin
    if tg_op <> 'DELETE' then
        thought := new;
        up := (new.rating = 'up')::integer;
        down := (new.rating = 'down')::integer;
    end if;
    if tg_op <> 'INSERT' then
        thought := old;
        up := up - (old.rating = 'up')::integer;
        down := down - (old.rating = 'down')::integer;
    end if;
    update app.usage_days as counted set
        thumbs_up = greatest(counted.thumbs_up + up, 0), thumbs_down = greatest(counted.thumbs_down + down, 0)
    from app.messages as answer
    join app.usage_events as used on used.tenant_id = answer.tenant_id and used.turn_id = answer.turn_id
    where answer.tenant_id = thought.tenant_id and answer.id = thought.message_id
        and counted.tenant_id = used.tenant_id and counted.day = (used.created_at at time zone 'UTC')::date
        and counted.user_id = used.user_id and counted.model = used.model and counted.generator = used.generator
        and counted.team_id is not distinct from used.team_id and counted.api_key_id is not distinct from used.api_key_id;
    return null;
end
$$;
grant execute on function app.count_feedback() to rowhouse_owner;
comment on function app.count_feedback() is
    'Trigger: a thumb counts on the day of the turn that it is about, and no more once it is taken back.';
reset role;

create or replace trigger count_feedback after insert or update of rating or delete on app.message_feedback
    for each row execute function app.count_feedback();
