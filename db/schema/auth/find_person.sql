-- Whom an operator means by an address or an id; null if that is nobody.
set local role rowhouse_definer;
create or replace function auth.find_person(named text) returns uuid
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select person.id from app.users as person
    where lower(person.email) = auth.normalise_email(named) or person.id::text = lower(btrim(named))
$$;
grant execute on function auth.find_person(text) to rowhouse_owner;
comment on function auth.find_person(text) is
    'For the operator: the id of whoever has this address or id.';
reset role;
