-- The design of supa_audit (github.com/supabase/supa_audit 0.3.1, Apache-2.0), written anew for the comparison: a trigger for each row that
-- writes the whole row as jsonb, and the whole row before, into one table with four indexes. It looks the key's columns up each
-- time, as there, and takes the last one for the record, where there the first would be the tenant.
create schema other;

create type other.operation as enum ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE');
create table other.record_version (
    id            bigserial primary key,
    record_id     uuid,
    old_record_id uuid,
    op            other.operation not null,
    ts            timestamptz not null default now(),
    table_oid     oid not null,
    table_schema  name not null,
    table_name    name not null,
    record        jsonb,
    old_record    jsonb,
    check (op = 'TRUNCATE' or record_id is not null or old_record_id is not null),
    check ((record_id is not null) = (op in ('INSERT', 'UPDATE'))),
    check ((record is not null) = (op in ('INSERT', 'UPDATE'))),
    check ((old_record_id is not null) = (op in ('UPDATE', 'DELETE'))),
    check ((old_record is not null) = (op in ('UPDATE', 'DELETE')))
);
create index on other.record_version (record_id) where record_id is not null;
create index on other.record_version (old_record_id) where old_record_id is not null;
create index on other.record_version using brin (ts);
create index on other.record_version (table_oid);

create function other.key_of(target oid) returns text[]
    language sql stable security definer
    set search_path = ''
as $$
    select coalesce(array_agg(part.attname::text order by part.attnum), '{}')
    from pg_catalog.pg_index as index
    join pg_catalog.pg_attribute as part on part.attrelid = index.indrelid and part.attnum = any (index.indkey)
    where index.indrelid = target and index.indisprimary
$$;

create function other.record_of(key text[], value jsonb) returns uuid
    language sql stable
as $$
    select case when value is null then null when key = '{}' then gen_random_uuid() else (value ->> key[cardinality(key)])::uuid end
$$;

create function other.record_row() returns trigger
    language plpgsql security definer
as $$
declare
    key text[] := other.key_of(tg_relid);
    now jsonb := to_jsonb(new);
    was jsonb := to_jsonb(old);
begin
    insert into other.record_version (record_id, old_record_id, op, table_oid, table_schema, table_name, record, old_record)
    select other.record_of(key, now), other.record_of(key, was), tg_op::other.operation, tg_relid, tg_table_schema, tg_table_name, now, was;
    return coalesce(new, old);
end
$$;

create trigger record_version after insert or update or delete on app.conversations
    for each row execute function other.record_row();
alter table app.conversations disable trigger record_version;
