-- Steps by which the times of turns are counted: each is half as much again as the one before, roughly (the root of two), from an
-- eighth of a second to two minutes; what takes longer is in the last. So a median that is told is at most that much too long.
create or replace function context.latency_step(milliseconds integer) returns integer
    language sql immutable parallel safe strict security invoker
begin atomic
    select case
        when milliseconds <= 125 then 1
        else least(1 + ceil(2 * log(2, milliseconds / 125.0))::integer, 21)
    end;
end;
grant execute on function context.latency_step(integer) to rowhouse_definer;
comment on function context.latency_step(integer) is
    'The step, from 1 to 21, that a time in milliseconds is counted in; null for none.';

create or replace function context.counting(counts integer[], step integer) returns integer[]
    language sql immutable parallel safe security invoker
begin atomic
    select case when step is null then counts else counts[:step - 1] || (counts[step] + 1) || counts[step + 1:] end;
end;
grant execute on function context.counting(integer[], integer) to rowhouse_definer;
comment on function context.counting(integer[], integer) is 'Counts with one more of a step; as they were for none.';

create or replace function context.latency_of_step(step integer) returns integer
    language sql immutable parallel safe strict security invoker
begin atomic
    select round(125 * power(2, (step - 1) / 2.0))::integer;
end;
grant execute on function context.latency_of_step(integer) to rowhouse_app;
comment on function context.latency_of_step(integer) is 'Milliseconds that turns of a step took at most; of the last, more.';
