-- What a request says of itself, as the seal holds it for the trail. Whatever else comes with the facts does not get under it.
--
-- Its body is bound when it is made, and without a `set`, so that the planner inlines it.
create or replace function context.stated(facts jsonb) returns jsonb
    language sql immutable parallel safe security invoker
    return jsonb_build_object(
        'request_id', facts -> 'request_id', 'ip', facts -> 'ip', 'user_agent', facts -> 'user_agent'
    );
grant execute on function context.stated(jsonb) to rowhouse_definer;
comment on function context.stated(jsonb) is 'Of a request''s facts what the trail records: request_id, ip, user_agent.';
