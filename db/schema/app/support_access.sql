-- An access of the operator's support, as the admins of the company see it.
do $$
begin
    if to_regtype('app.support_access') is null then
        create type app.support_access as (
            id         uuid,
            operator   text,
            reason     text,
            user_id    uuid,
            may_write  boolean,
            started_at timestamptz,
            expires_at timestamptz,
            ended_at   timestamptz,
            end_reason text,
            is_running boolean
        );
    end if;
end
$$;
comment on type app.support_access is 'A time for which the operator may enter the company, to help.';
comment on column app.support_access.id is 'Its key: what endSupportAccess takes, and what the trail calls impersonatorId.';
comment on column app.support_access.operator is 'Who entered, as they said themselves.';
comment on column app.support_access.reason is 'What for.';
comment on column app.support_access.user_id is 'The member as whom they act; null: in their own name.';
comment on column app.support_access.may_write is 'Whether they came to change things too; they can only while the company allows it.';
comment on column app.support_access.started_at is 'When it began.';
comment on column app.support_access.expires_at is 'When it ends by itself, at most eight hours after it began.';
comment on column app.support_access.ended_at is 'When somebody ended it before its time.';
comment on column app.support_access.end_reason is 'How it was ended before its time. operator: by whoever runs the service; tenant: by an admin of the company; turned_off: by its setting supportAccess.';
comment on column app.support_access.is_running is 'Whether it opens the door now.';
