-- A login that failed: an event of the trail where the address is somebody's, and a count where it is nobody's, because a
-- stranger writes no row of the trail. Either does the work of both and takes back what is not its own: whoever measures a
-- thousand answers would otherwise know who has an account (bench/enumeration.ts).
--
-- person: whose address it was; null: nobody's
set local role rowhouse_definer;
create or replace function auth.fail_login(person uuid, facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform context.act(person, null, facts);
    begin
        -- A wrong password says nothing of a tenant yet, so such a failure belongs to the platform. The throttle bounds
        -- how many of them there can be in a day.
        perform audit.record_event('auth.login_failed', null, jsonb_build_object('outcome', 'invalid_credentials'));
        if person is null then
            raise exception 'taken back';
        end if;
    exception when raise_exception then null;
    end;
    begin
        perform audit.tally_stranger('auth.login_unknown', auth.network((facts ->> 'ip')::inet));
        if person is not null then
            raise exception 'taken back';
        end if;
    exception when raise_exception then null;
    end;
end
$$;
comment on function auth.fail_login(uuid, jsonb) is
    'Writes a failed login into the trail, or counts it where the address is nobody''s; after the same work.';
reset role;
