-- The network an address belongs to: /24 of IPv4, /64 of IPv6 (what one subscriber usually holds).
create or replace function auth.network(ip inet) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(network(set_masklen(ip, case family(ip) when 4 then 24 else 64 end))::text, 'unknown')
$$;
grant execute on function auth.network(inet) to rowhouse_definer;
comment on function auth.network(inet) is 'The /24 (IPv4) or /64 (IPv6) of an address, as text; "unknown" for none.';
