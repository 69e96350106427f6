-- The public halves of the keys that sign the trail's checkpoints, for everybody: who verifies may ask where they got it.
set local role rowhouse_definer;
create or replace function audit.public_keys()
    returns table (number integer, origin text, public_key bytea, endorsement text, created_at timestamptz)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select known.number, known.origin, known.public_key, known.endorsement, known.created_at
    from audit.signing_keys as known
    order by known.number
$$;
grant execute on function audit.public_keys() to rowhouse_app;
comment on function audit.public_keys() is
    'The public halves of the keys that sign the trail''s checkpoints, the first first.';
reset role;
