-- Who asks, for the prompt: their name, language and role, their company, and what holds for them there. The name is the one
-- that they go by in the company. A key of the company's own is nobody, and has the company's choices.
-- Whether what they say is remembered is one of those choices; what is remembered is added where it is told
-- (context.begin_turn()).
set local role rowhouse_definer;
create or replace function context.asker(tenant uuid, person uuid) returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'name', coalesce(membership.display_name, known.name),
        'locale', known.locale,
        'role', role.name,
        'company', place.name,
        'language', coalesce(mine.language, company.language, 'en'),
        'tone', coalesce(mine.tone, company.tone, 'neutral'),
        'temperature', coalesce(mine.temperature, company.temperature),
        'maxAnswerTokens', coalesce(mine.max_answer_tokens, company.max_answer_tokens),
        'models', array_remove(array[mine.model, company.model], null),
        'remembers', coalesce(mine.remember, company.remember, true),
        'memories', '[]'::jsonb
    )
    from app.tenants as place
    left join app.users as known on known.id = person
    left join app.memberships as membership on membership.tenant_id = place.id and membership.user_id = person
    left join app.roles as role on role.tenant_id = membership.tenant_id and role.id = membership.role_id
    left join app.user_preferences as mine on mine.tenant_id = place.id and mine.user_id = person
    left join app.tenant_preferences as company on company.tenant_id = place.id
    where place.id = tenant
$$;
comment on function context.asker(uuid, uuid) is
    'Who asks, for the prompt: name, locale, role, company, and the preferences that hold.';
reset role;
