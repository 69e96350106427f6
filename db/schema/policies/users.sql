select context.close_table('app.users');

grant select on app.users to rowhouse_app;
grant update (name, locale) on app.users to rowhouse_app;

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

-- The definer's reach: the door and sign-in.
grant select, insert on app.users to rowhouse_definer;
create policy "the door reads every user" on app.users
    for select to rowhouse_definer using (true);
comment on policy "the door reads every user" on app.users is
    'context.enter() must see that a user is active; sign-in looks users up by their address.';
create policy "registration creates users" on app.users
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates users" on app.users is
    'auth.verify_email(), once the address is proven.';
