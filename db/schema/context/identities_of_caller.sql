-- The caller's own accounts elsewhere, oldest first. The table stays shut: whether somebody else has an identity is nobody's
-- business, and its unique key would tell.
set local role rowhouse_definer;
create or replace function context.identities_of_caller() returns setof app.identity
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select mine.id, mine.provider, mine.issuer, mine.subject, mine.created_at, mine.last_used_at
    from auth.identities as mine
    where mine.user_id = context.user_id() and context.kind_in(context.open_seal()) <> 'support'
    order by mine.id
$$;
grant execute on function context.identities_of_caller() to rowhouse_app;
comment on function context.identities_of_caller() is 'The caller''s own accounts elsewhere, oldest first.';
reset role;
