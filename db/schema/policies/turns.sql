select context.close_table('auth.turns');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on auth.turns
    for each statement execute function audit.refuse_change();

-- The definer's reach: turns, from the reservation to the settlement.
grant select, insert, update, delete on auth.turns to rowhouse_definer;
create policy "turns are kept until they are forgotten" on auth.turns
    for all to rowhouse_definer using (true) with check (true);
comment on policy "turns are kept until they are forgotten" on auth.turns is
    'context.begin_turn(), context.stop_turn(), auth.settle_turn(), auth.watch_turns(), auth.watch_subscriptions(); jobs.sweep_holds() gives up those of dead processes and forgets them after a day. No role reads it.';
