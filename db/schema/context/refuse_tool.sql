-- Refuses what was said of a tool that is another by now, or none.
create or replace function context.refuse_tool() returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH462',
        message = 'the tool is not what it was any more',
        hint = 'Look at it again. A call that waited for a word can be denied, and the question asked again.';
end
$$;
grant execute on function context.refuse_tool() to rowhouse_definer;
comment on function context.refuse_tool() is 'Raises RH462: the tool changed, was removed or is out of reach.';
