-- Whether what somebody says in a company is remembered: their own choice, else the company's, else yes.
set local role rowhouse_definer;
create or replace function context.remembers(tenant uuid, person uuid) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(
        (select mine.remember from app.user_preferences as mine where mine.tenant_id = tenant and mine.user_id = person),
        (select company.remember from app.tenant_preferences as company where company.tenant_id = tenant),
        true
    )
$$;
comment on function context.remembers(uuid, uuid) is
    'Whether what a person says in a company is remembered: their own choice, else the company''s, else yes.';
reset role;
