-- How long an invitation may be good.
create or replace function context.require_days(days integer) returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    if days is null or days not between 1 and 30 then
        raise exception using
            errcode = 'RH400',
            message = 'an invitation is good for 1 to 30 days',
            column = 'days';
    end if;
end
$$;
grant execute on function context.require_days(integer) to rowhouse_definer;
comment on function context.require_days(integer) is 'Raises RH400 unless an invitation may be good for so many days.';
