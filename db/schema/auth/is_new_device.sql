-- Whether a person signs in from a kind of device (browser and platform, without versions) that none of their last hundred
-- sign-ins came from. The first of all is no news. Sessions are forgotten after 90 days, and devices with them.
set local role rowhouse_definer;
create or replace function auth.is_new_device(person uuid, user_agent text) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(
        bool_and(context.device(past.user_agent) is distinct from context.device(is_new_device.user_agent)), false)
    from (
        select distinct recent.user_agent
        from (
            select session.user_agent from auth.sessions as session
            where session.user_id = person
            order by session.created_at desc
            limit 100
        ) as recent
    ) as past
$$;
comment on function auth.is_new_device(uuid, text) is
    'Whether none of a person''s last hundred sign-ins came from such a device; false for the first of all.';
reset role;
