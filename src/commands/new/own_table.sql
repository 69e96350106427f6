-- What widgets are, and what they are for.
--
-- Whose a row is comes from the context: tenant_id begins every key, and is never input. Indexed columns are text, uuid,
-- integer, bigint, boolean or timestamptz. Comments are the API's documentation; that of a constraint is what whoever
-- breaks it reads. docs/your-own-tables.md has the rest.
create table app.widgets (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid not null default context.user_id(),
    name       text not null check (length(name) <= 200 and app.is_name(name)),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id)
);
create index on app.widgets (tenant_id, user_id, id);

comment on table app.widgets is 'One of somebody''s widgets.';
comment on column app.widgets.name is 'What people call it.';
comment on constraint widgets_name_check on app.widgets is 'A name has 1 to 200 characters, on one line, and at least one of them shows.';

-- Administrators of every company hold these.
select tenancy.permission('read_all_widgets', 'See everybody''s widgets.');
select tenancy.permission('write_all_widgets', 'Change and remove everybody''s widgets.');

-- Row security, the wall, policies, grants, the trail. Or it says what is missing, and how to mend it.
select tenancy.protect('app.widgets', owner => 'user_id', read => 'read_all_widgets', write => 'write_all_widgets');
