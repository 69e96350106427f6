-- A company of the caller's, as they see it from any of them.
do $$
begin
    if to_regtype('app.tenancy') is null then
        create type app.tenancy as (
            id                uuid,
            slug              text,
            name              text,
            status            text,
            membership_status text,
            role              text,
            is_owner          boolean,
            since             timestamptz,
            is_current        boolean
        );
    end if;
end
$$;
comment on type app.tenancy is 'A company that the caller belongs to.';
comment on column app.tenancy.id is 'Its key, which signed tokens carry as tid.';
comment on column app.tenancy.slug is 'Its short name: what POST /auth/switch-tenant takes.';
comment on column app.tenancy.name is 'What people call it.';
comment on column app.tenancy.status is 'Whether it can be entered. active: open to its members; suspended: shut to everybody for now; closed: shut for good.';
comment on column app.tenancy.membership_status is 'Whether the caller may enter it. active: they may; suspended: shut out for now; removed: not any more, and then it is not listed.';
comment on column app.tenancy.role is 'The name of the caller''s role there.';
comment on column app.tenancy.is_owner is 'Whether the caller owns it.';
comment on column app.tenancy.since is 'When they came.';
comment on column app.tenancy.is_current is 'Whether it is the one that the credential is for.';
