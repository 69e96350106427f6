-- Counts what somebody without any credential of ours did, by the network they came from. A stranger writes no row
-- of the trail, which strangers must not fill, and only so many rows here: after a hundred networks in one hour the further
-- ones are counted together.
set local role rowhouse_definer;
create or replace function audit.tally_stranger(action text, network text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    this_hour timestamptz := date_trunc('hour', now(), 'UTC');
begin
    if not exists (
        select from audit.tallies as counted
        where counted.hour = this_hour and counted.action = tally_stranger.action and counted.subject = network
    ) and (
        select count(*) >= 100 from (
            select from audit.tallies as counted
            where counted.hour = this_hour and counted.action = tally_stranger.action
            limit 100
        ) as networks
    ) then
        network := 'elsewhere';
    end if;
    perform audit.tally(tally_stranger.action, network);
end
$$;
comment on function audit.tally_stranger(text, text) is
    'Counts what somebody without a credential did, by network; after a hundred networks in an hour, as "elsewhere".';
reset role;
