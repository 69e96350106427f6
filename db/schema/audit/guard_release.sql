-- A hold stays as it was placed; it is released once, and that stays too.
create or replace function audit.guard_release() returns trigger
    language plpgsql volatile parallel safe security invoker
    set search_path = ''
as $$
declare
    released constant text[] := '{released_by,released_at,release_reason}';
begin
    if old.released_at is not null or to_jsonb(new) - released <> to_jsonb(old) - released then
        raise exception using errcode = 'RH405', message = 'UPDATE of audit.legal_holds is refused: a hold is released once, and stays';
    end if;
    return new;
end
$$;
comment on function audit.guard_release() is
    'Trigger: refuses every change of a legal hold but its release (RH405).';
