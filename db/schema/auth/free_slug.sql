-- The slug that a new tenant gets: the wish, or where another has it, the wish and six characters more. So following a
-- link never fails for a name, and never says that one is taken. Companies that want the same at once take turns.
set local role rowhouse_definer;
create or replace function auth.free_slug(wish text) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    free text := wish;
begin
    perform pg_advisory_xact_lock(hashtext('auth.free_slug'), hashtext(wish));
    while exists (select from app.tenants as tenant where lower(tenant.slug) = free) loop
        free := left(wish, 56) || '-' || encode(extensions.gen_random_bytes(3), 'hex');
    end loop;
    return free;
end
$$;
comment on function auth.free_slug(text) is
    'The wish if no tenant has this slug, else one like it; the caller''s transaction holds its turn.';
reset role;
