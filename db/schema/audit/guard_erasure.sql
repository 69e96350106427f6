-- The one way in which a row of the trail changes: what audit.erase_fields() erases. Whoever gets as far as here changes nothing
-- but values into "[erased]" or null.
create or replace function audit.guard_erasure() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    erasable constant text[] := '{old_row,new_row,detail,request_id,ip,user_agent}';
begin
    if to_jsonb(new) - erasable <> to_jsonb(old) - erasable
        or (new.request_id is distinct from old.request_id and new.request_id is not null)
        or (new.ip is distinct from old.ip and new.ip is not null)
        or (new.user_agent is distinct from old.user_agent and new.user_agent is not null)
        or not coalesce(
            audit.is_erasure(old.old_row, new.old_row)
            and audit.is_erasure(old.new_row, new.new_row)
            and audit.is_erasure(old.detail, new.detail), false)
    then
        raise exception using errcode = 'RH405', message = 'UPDATE of audit.events is refused: values are erased, and not rewritten';
    end if;
    return new;
end
$$;
comment on function audit.guard_erasure() is
    'Trigger: refuses every change of an event but that values of it are erased (RH405).';
