-- Why an API key may not be used from here, or null if it may. A browser says which page asks, and cannot be made to lie by
-- that page; whoever is no browser can say anything, so for those the list of addresses is the one that counts.
--
-- Its body is bound when it is made, and without a `set`, so that it costs the door nothing: the planner inlines it.
create or replace function context.fault_of_key(origins text[], addresses inet[], facts jsonb) returns text
    language sql immutable parallel safe security invoker
    return case
        when origins is not null and not coalesce(facts ->> 'origin' = any (origins), false) then 'key_origin'
        when addresses is not null and not coalesce((facts ->> 'ip')::inet <<= any (addresses), false) then 'key_address'
    end;
grant execute on function context.fault_of_key(text[], inet[], jsonb) to rowhouse_definer;
comment on function context.fault_of_key(text[], inet[], jsonb) is
    'Why an API key does not open the door from this page or address (the detail of RH401); null if it does.';
