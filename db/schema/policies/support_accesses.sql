select context.close_table('auth.support_accesses');

-- The definer's reach: the door, the operator, and the admins of the company that is entered.
grant select, insert, update (ended_at, end_reason) on auth.support_accesses to rowhouse_definer;
create policy "the door and the operator keep the accesses for support" on auth.support_accesses
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the door and the operator keep the accesses for support" on auth.support_accesses is
    'context.enter() finds one by its digest; auth.open_support() makes them; the operator, an admin or the setting ends them. context.support_of_tenant() shows a company its own.';
