-- What widgets are, and what they are for.
--
-- Whose a row is comes from the context: tenant_id begins every key, and is never input. Indexed columns are text, uuid,
-- integer, bigint, boolean or timestamptz. Comments are the API's documentation; that of a constraint is what whoever
-- breaks it reads. docs/your-own-tables.md has the rest.
create table app.widgets (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    name       text not null check (length(name) <= 200 and app.is_name(name)),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, name)
);

comment on table app.widgets is 'One of the company''s widgets.';
comment on column app.widgets.name is 'What people call it.';
comment on constraint widgets_name_check on app.widgets is 'A name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint widgets_tenant_id_name_key on app.widgets is 'Each has a name of its own.';

-- Administrators of every company hold these; members too, where held_by says so.
select tenancy.permission('read_widgets', 'See the company''s widgets.', held_by => '{member}');
select tenancy.permission('write_widgets', 'Add, change and remove the company''s widgets.');

-- Row security, the wall, policies, grants, the trail. Or it says what is missing, and how to mend it.
select tenancy.protect('app.widgets', read => 'read_widgets', write => 'write_widgets');
