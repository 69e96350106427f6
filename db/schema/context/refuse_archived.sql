create or replace function context.refuse_archived() returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH410',
        message = 'the conversation is archived and takes no messages',
        hint = 'Its member can open it again: set its status to open.';
end
$$;
grant execute on function context.refuse_archived() to rowhouse_definer;
comment on function context.refuse_archived() is 'Raises RH410: the conversation is archived.';
