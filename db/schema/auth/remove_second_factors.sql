-- Takes every second factor away from somebody. Returns what they had.
set local role rowhouse_definer;
create or replace function auth.remove_second_factors(person uuid) returns text[]
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    had text[] := '{}';
begin
    delete from auth.totp_factors as gone where gone.user_id = person and gone.confirmed_at is not null;
    if found then
        had := had || 'totp'::text;
    end if;
    delete from auth.totp_factors as gone where gone.user_id = person;
    delete from auth.recovery_codes as gone where gone.user_id = person;
    if found then
        had := had || 'recovery_codes'::text;
    end if;
    delete from auth.passkeys as gone where gone.user_id = person;
    if found then
        had := had || 'passkeys'::text;
    end if;
    return had;
end
$$;
comment on function auth.remove_second_factors(uuid) is
    'Takes every second factor away from somebody; returns what they had.';
reset role;
