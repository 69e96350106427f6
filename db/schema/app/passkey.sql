-- A passkey, as its owner sees it.
do $$
begin
    if to_regtype('app.passkey') is null then
        create type app.passkey as (
            id           uuid,
            name         text,
            synced       boolean,
            aaguid       uuid,
            created_at   timestamptz,
            last_used_at timestamptz
        );
    end if;
end
$$;
comment on type app.passkey is 'A key on a device of the caller''s, with which they sign in (WebAuthn).';
comment on column app.passkey.id is 'Its key: what renamePasskey and removePasskey take.';
comment on column app.passkey.name is 'What its owner calls it.';
comment on column app.passkey.synced is 'Whether a service copies it to its owner''s other devices; if not, it is lost with its device.';
comment on column app.passkey.aaguid is 'Which make of authenticator holds it, as that says itself; all zeros where it does not.';
comment on column app.passkey.created_at is 'When it was added.';
comment on column app.passkey.last_used_at is 'When it was last shown; null: not since it was added.';
