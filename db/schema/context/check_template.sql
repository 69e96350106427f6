-- Refuses a system prompt that speaks of what there is not: it would fail in every turn of the company. Braces around what
-- holds a brace are no placeholder. checkTemplate() (src/chat/prompt/template.ts) says the same; a test holds them together.
create or replace function context.check_template(template text) returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
declare
    unknown constant text := (
        select string_agg(distinct btrim(found.name[1]), ', ')
        from regexp_matches(template, '\{\{([^{}]*)\}\}', 'g') as found (name)
        where btrim(found.name[1]) <> all ('{user,company,role,language,tone,preferences}')
    );
begin
    if unknown is not null then
        raise exception using
            errcode = 'RH453',
            message = format('a system prompt has no %s', to_json(left(unknown, 200))),
            hint = 'It may have user, company, role, language, tone and preferences.';
    end if;
end
$$;
grant execute on function context.check_template(text) to rowhouse_definer;
comment on function context.check_template(text) is 'Raises RH453 for a template with a placeholder that there is not.';
