select context.close_table('app.users');

grant select (id, email, is_guest, name, locale, status, created_at, updated_at) on app.users to rowhouse_app;
grant update (name, locale) on app.users to rowhouse_app;

create policy "nobody meets anybody else" on app.users
    as restrictive for all to rowhouse_app
    using (id = (select context.user_id()) and id = (select context.unverified_user_id()))
    with check (id = (select context.user_id()) and id = (select context.unverified_user_id()));
comment on policy "nobody meets anybody else" on app.users is
    'The wall of a table without tenants: the user is compared twice so that PostgreSQL compares the two answers with each other first, and no condition of the caller''s is ever tried on another person.';

create policy "people see themselves" on app.users
    for select to rowhouse_app
    using (id = (select context.user_id()));
comment on policy "people see themselves" on app.users is
    'A user is one person across tenants. What colleagues may know of them is in app.memberships.';

create policy "people change their own name and language" on app.users
    for update to rowhouse_app
    using (id = (select context.user_id()))
    with check (id = (select context.user_id()));
comment on policy "people change their own name and language" on app.users is
    'The address changes only by proving the new one; the status is the operator''s. Neither column is granted.';

-- The auditor's reach: whom the trail means.
grant select (id, name, email, is_guest) on app.users to rowhouse_auditor;
create policy "auditors name users" on app.users
    for select to rowhouse_auditor using (true);
comment on policy "auditors name users" on app.users is
    'The trail has the ids of people; who answers for all tenants must be able to say who that was. Name and address, nothing else.';

-- The definer's reach: the door and sign-in.
grant select, insert, update (email, is_guest, name, locale, status), delete on app.users to rowhouse_definer;
create policy "the door reads every user" on app.users
    for select to rowhouse_definer using (true);
comment on policy "the door reads every user" on app.users is
    'context.enter() must see that a user is active; sign-in looks users up by their address.';
create policy "registration creates users" on app.users
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates users" on app.users is
    'auth.verify_email() and auth.exchange_code(), once the address is proven; auth.open_guest(), for who has none yet; auth.import_people() for the operator.';
create policy "a proven address replaces the old one, and the operator bans" on app.users
    for update to rowhouse_definer using (true) with check (true);
comment on policy "a proven address replaces the old one, and the operator bans" on app.users is
    'auth.confirm_email_change(), once the new address is proven by who asked; auth.verify_email(), which makes a guest an account; auth.ban() and auth.unban(), which only the operator''s connection may call; jobs.delete_account(), which leaves a row that names nobody. Only these columns are granted.';
create policy "guests go, accounts stay" on app.users
    for delete to rowhouse_definer using (is_guest);
comment on policy "guests go, accounts stay" on app.users is
    'jobs.expire_guests(). Whoever has an account is never deleted, because what they did must keep its author.';
