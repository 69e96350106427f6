-- Notes that a passkey was shown, if its answer holds, and says what that proves; null if it does not hold. The trail has why.
--
-- A counter that does not grow, where either has one, is that of a copy: whoever holds the other one has the key too. Of two at
-- once with one counter, one gets in. Whether a key may be copied to other devices never changes (WebAuthn section 7.2).
--
-- answer: {verified, counter, backup_eligible, backed_up}, of which verified is the server's word
set local role rowhouse_definer;
create or replace function auth.use_passkey(passkey uuid, answer jsonb, facts jsonb) returns text[]
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known  auth.passkeys;
    count  constant bigint := (answer ->> 'counter')::bigint;
    reason text;
begin
    select * into known from auth.passkeys as shown where shown.id = passkey for update;
    if not found then
        return null;
    end if;
    perform context.act(known.user_id, null, facts);
    reason := case
        when (answer ->> 'verified')::boolean is not true then 'answer_does_not_hold'
        when (answer ->> 'backup_eligible')::boolean is distinct from known.backup_eligible then 'another_authenticator'
        when greatest(count, known.counter) > 0 and count <= known.counter then 'counter_went_back'
    end;
    if reason is not null then
        perform audit.record_event('auth.passkey_refused', null, jsonb_strip_nulls(jsonb_build_object(
            'passkey', known.id, 'reason', reason,
            'known', case reason when 'counter_went_back' then known.counter end,
            'shown', case reason when 'counter_went_back' then count end)));
        return null;
    end if;
    update auth.passkeys as used set
        counter = count, backed_up = (answer ->> 'backed_up')::boolean, last_used_at = now()
    where used.id = known.id;
    return auth.passkey_methods(known);
end
$$;
comment on function auth.use_passkey(uuid, jsonb, jsonb) is
    'Notes that a passkey was shown and returns what that proves; null, and a line in the trail, if its answer does not hold or it was copied.';
reset role;
