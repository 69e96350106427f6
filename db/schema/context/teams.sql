-- For policies about what belongs to a team: `team_id = any ((select context.teams('chat'))::uuid[])`. In a scalar subselect
-- it runs once per query, and the comparison can use an index; the wall says in which tenant.
create or replace function context.teams(permission text default '') returns uuid[]
    language sql stable parallel restricted security invoker
    return context.teams_in(context.open_seal(permission));
grant execute on function context.teams(text) to rowhouse_app, rowhouse_definer;
comment on function context.teams(text) is
    'The teams that the caller is in, if they hold the permission; else null: a policy that compares with it hides.';

create or replace function context.led_teams() returns uuid[]
    language sql stable parallel restricted security invoker
    return context.led_teams_in(context.open_seal());
grant execute on function context.led_teams() to rowhouse_app, rowhouse_definer;
comment on function context.led_teams() is
    'The teams that the caller leads, signed in themselves: a key leads none. Null outside the door.';
