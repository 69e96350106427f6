-- A little shop of somebody else's: other names, other habits, and one of every fault that the views tell of.
create role shop_owner login;
create role shop_web login;
create role shop_clerk login in role shop_web;
create role shop_import login bypassrls;
create role shop_report;
create role shop_boss login noinherit;
grant shop_owner to shop_boss;

create schema shop;
create schema who;
grant usage on schema shop, who to shop_web, shop_report, shop_import;

create function who.org() returns uuid language sql stable
    as $$ select nullif(current_setting('shop.org', true), '')::uuid $$;
create function who.may(what text) returns boolean language sql stable
    as $$ select what = any (string_to_array(current_setting('shop.may', true), ',')) $$;
grant execute on function who.org(), who.may(text) to shop_web;

create table shop.orgs (org_id uuid primary key);
create table shop.customers (
    org_id uuid not null,
    id     uuid not null,
    email  text not null unique,
    tier   numeric not null default 0,
    notes  text,
    primary key (org_id, id)
);
create index customers_by_tier on shop.customers (org_id, tier);
create table shop.orders (
    org_id      uuid not null,
    id          uuid primary key,
    customer_id uuid not null,
    unique (org_id, id)
);
create table shop.lines (
    org_id   uuid not null,
    order_id uuid not null references shop.orders (id) on delete cascade,
    number   integer not null,
    primary key (org_id, order_id, number)
);
create table shop.prices (code text primary key, cents integer);
create table shop.moves (org_id uuid not null, at date not null) partition by range (at);
create table shop.moves_2026 partition of shop.moves for values from ('2026-01-01') to ('2027-01-01');

alter table shop.customers enable row level security;
alter table shop.customers force row level security;
create policy mine on shop.customers as restrictive for all to public using (org_id = (select who.org()));
create policy readers on shop.customers for select to shop_web using ((select who.may('read')) or tier > 2);
create policy "old readers" on shop.customers for select to shop_web using ((select who.may('it''s "old" (or not)')));
create policy writers on shop.customers for update to shop_web using ((select who.may('write'))) with check (tier < 10);
create policy makers on shop.customers for insert to shop_web with check (true);
comment on policy readers on shop.customers is 'Whoever may read does, and the best customers are known to all.';
grant select, insert (org_id, id, email), update (notes) on shop.customers to shop_web;
grant select on shop.customers to shop_import;

alter table shop.orders enable row level security;
create policy mine on shop.orders using (org_id = (select who.org()));
grant select, delete, truncate on shop.orders to shop_web;
grant select on shop.prices, shop.moves_2026 to shop_web;
grant references on shop.prices to shop_report;
alter table shop.moves enable row level security;

create view shop.everybody as select email from shop.customers;
grant select on shop.everybody to shop_report;
create view shop.own with (security_invoker = true) as select email from shop.customers;
create materialized view shop.totals as select org_id, count(*) from shop.customers group by org_id;

create function shop.all_emails() returns setof text language sql security definer
    as $$ select email from shop.customers $$;
create function shop.peek(text) returns boolean language plpgsql immutable leakproof
    as $$ begin return $1 is null; end $$;
create function shop.log_change() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger history after insert or update on shop.orders for each row execute function shop.log_change();

alter default privileges in schema shop grant select on tables to shop_report;

alter table shop.customers owner to shop_owner;
alter table shop.orders owner to shop_owner;
alter function shop.all_emails() owner to shop_import;
