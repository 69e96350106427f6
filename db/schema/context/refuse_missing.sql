-- Refuses what the caller names and may not see, or what is not there: the same to whoever asks.
create or replace function context.refuse_missing(thing text) returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    raise exception using errcode = 'RH404', message = format('there is no such %s', thing);
end
$$;
grant execute on function context.refuse_missing(text) to rowhouse_definer;
comment on function context.refuse_missing(text) is 'Raises RH404: there is no such thing that the caller may see.';
