-- The second half of a login. The server checked the password; here it becomes a session, or a failure
-- in the trail. Nothing raises, because a failure must be committed too.
--
-- verified:     whether the password was right (the server's word: argon2id runs there)
-- session:      the id of the session to make; handle: sha256 of its secret handle
-- tenant_slug:  which tenant; null takes the membership that was used last
-- held_back:    whether everybody else had to wait (auth.begin_login): then the day's count did not move
-- known_hash:   what the password was checked against. If it was changed meanwhile, it was the wrong one; if it is being
--               changed now, the change waits for this login, and ends its session
-- new_hash:     the same password's hash under today's parameters, where the known one has yesterday's
-- Returns the outcome (ok, invalid_credentials, or what auth.open_session() says) and, for ok, {user, tenant, tenants} as
-- JSON. Why it failed is told only to who knew the password.
set local role rowhouse_definer;
create or replace function auth.finish_login(
    email text, verified boolean, session uuid, handle bytea, tenant_slug text, facts jsonb,
    held_back boolean default false, known_hash text default null, new_hash text default null
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    network text := auth.network((facts ->> 'ip')::inet);
    person  uuid;
begin
    select known.id into person from app.users as known where lower(known.email) = address;
    if verified and known_hash is not null then
        perform from auth.passwords as password
        where password.user_id = person and password.hash = known_hash
        for update;
        verified := found;
    end if;
    if person is null or verified is not true then
        perform auth.fail_login(person, facts);
        outcome := 'invalid_credentials';
        return next;
        return;
    end if;

    perform auth.forgive(address || ' ' || network);
    if not held_back then
        perform auth.forgive(address);
    end if;
    if new_hash is not null then
        perform context.act(person, null, facts);
        update auth.passwords as password set hash = new_hash where password.user_id = person and password.hash = known_hash;
    end if;
    return query select opened.outcome, opened.result
        from auth.open_session(person, session, handle, tenant_slug, array['pwd'], facts) as opened;
end
$$;
grant execute on function auth.finish_login(text, boolean, uuid, bytea, text, jsonb, boolean, text, text) to rowhouse_auth;
comment on function auth.finish_login(text, boolean, uuid, bytea, text, jsonb, boolean, text, text) is
    'Turns a checked password into a session, or into a failure in the trail. Never raises for a refusal, so that both commit.';
reset role;
