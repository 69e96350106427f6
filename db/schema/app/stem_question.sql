-- A question is stemmed when it is asked, by the rules of the language that its asker is answered in: to count what a company asks again and
-- again must not mean to read all that was ever asked. One that shows an image or comes with a file asks for more than its words say.
set local role rowhouse_definer;
create or replace function app.stem_question() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    new.stems := context.stems(new.content, coalesce(
        (select mine.language from app.user_preferences as mine where mine.tenant_id = new.tenant_id and mine.user_id = new.user_id),
        (select company.language from app.tenant_preferences as company where company.tenant_id = new.tenant_id),
        'en'
    ));
    return new;
end
$$;
grant execute on function app.stem_question() to rowhouse_owner;
comment on function app.stem_question() is
    'Trigger: a question of up to 1,000 characters, and of words alone, carries what they come down to.';
reset role;

create or replace trigger stem_question before insert on app.messages
    for each row
    when (new.role = 'user' and length(new.content) <= 1000 and new.parts = '[]')
    execute function app.stem_question();
