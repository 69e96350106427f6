-- What the door needs to know of whoever holds a credential.
do $$
begin
    if to_regtype('context.holder') is null then
        create type context.holder as (
            kind              text,
            credential_id     uuid,
            user_id           uuid,
            user_status       text,
            tenant_id         uuid,
            tenant_status     text,
            membership_status text,
            is_owner          boolean,
            permissions       text[],
            user_agent        text,
            ended             boolean,
            expired           boolean,
            fingerprint       text,
            bound_ip          inet,
            key_thumbprint    text,
            teams             text
        );
    end if;
end
$$;
comment on type context.holder is 'Who holds a credential, and the live state of all that it depends on.';
