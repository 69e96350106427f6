-- Keeps a sign-in whose first factor was right until the second is shown. What names it is the handle of the session that
-- was not opened: it opens no door, is good for ten minutes and five tries, and for nothing but this.
--
-- purpose: verify, to show a second factor; enrol, to set one up, where the tenant wants one and the person has none
set local role rowhouse_definer;
create or replace function auth.ask_second_factor(
    person uuid, purpose text, handle bytea, tenant_slug text, methods text[], tenant uuid, way text default null
) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from auth.mfa_challenges as over where over.expires_at < now() - interval '1 hour';
    insert into auth.mfa_challenges (digest, user_id, purpose, tenant_slug, methods, way)
        values (sha256(handle), person, ask_second_factor.purpose, ask_second_factor.tenant_slug, ask_second_factor.methods, ask_second_factor.way);
    perform audit.record_event('auth.second_factor_asked', tenant,
        jsonb_build_object('purpose', purpose, 'methods', methods));
end
$$;
comment on function auth.ask_second_factor(uuid, text, bytea, text, text[], uuid, text) is
    'Keeps a sign-in whose first factor was right until a second is shown or set up.';
reset role;
