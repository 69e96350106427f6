-- A condition in words, for people who do not read SQL. Functions it does not know stay as they are.
create or replace function inspect.in_words(expression text) returns text
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
declare
    context text := '"?' || regexp_replace(inspect.context_schema(), '(\W)', '\\\1', 'g') || '"?\.';
    words   text := expression;
    parts   text[];
    joined  text;
begin
    if expression is null then
        return null;
    end if;
    select array_agg(condition order by place), max(connective) into parts, joined from inspect.conditions(expression);
    if joined is not null then
        return (
            select string_agg(
                case when (select max(inside.connective) from inspect.conditions(part) as inside) is null
                    then inspect.in_words(part) else '(' || inspect.in_words(part) || ')' end,
                ' ' || joined || ' ' order by place
            )
            from unnest(parts) with ordinality as conditions (part, place)
        );
    end if;
    words := inspect.tidy(words);
    if lower(words) = 'true' then
        return 'always';
    elsif lower(words) = 'false' then
        return 'never';
    end if;
    words := regexp_replace(words, '\(select (' || context || '[^()]+\([^()]*\))\)', '\1', 'gi');
    words := regexp_replace(words, context || 'tenant_where\(''([^'']+)''\)', 'the caller''s tenant, where they hold "\1"', 'g');
    words := regexp_replace(words, context || 'tenant_requiring\(''([^'']+)''\)', 'the caller''s tenant, where they must hold "\1"', 'g');
    words := regexp_replace(words, context || 'user_where\(''([^'']+)''\)', 'the caller, where they hold "\1"', 'g');
    words := regexp_replace(words, context || 'tenant_holding\((?:\w+\.)?(\w+)\)', 'the caller''s tenant, where they hold all of \1', 'g');
    words := regexp_replace(words, context || 'member_tenant\(\)', 'the caller''s tenant, where they are a member', 'g');
    words := regexp_replace(words, context || 'key_keeper\(\)', 'the caller, where they may keep API keys', 'g');
    words := regexp_replace(words, context || 'may\(''([^'']+)''\)', 'the caller holds "\1"', 'g');
    words := regexp_replace(words, context || '(tenant_id|org_id|current_tenant|tenant)\(\)', 'the caller''s tenant', 'g');
    words := regexp_replace(words, context || '(user_id|uid|current_user_id)\(\)', 'the caller', 'g');
    words := regexp_replace(words, context || 'unverified_(tenant|user)_id\(\)', 'the \1 that the context states', 'g');
    words := regexp_replace(words, context || 'permissions\(\)', 'what the caller holds', 'g');
    words := regexp_replace(words, context || 'is_owner\(\)', 'the caller owns the tenant', 'g');
    words := regexp_replace(words, '^NOT (\w+)$', 'not \1');
    words := regexp_replace(words, ' IS NOT NULL$', ' is known');
    words := regexp_replace(words, ' IS NULL$', ' is not known');
    words := regexp_replace(words, ' <@ ', ' is within ', 'g');
    words := regexp_replace(words, ' @> ', ' contains ', 'g');
    words := regexp_replace(words, ' <> ', ' is not ', 'g');
    words := regexp_replace(words, ' = ', ' is ', 'g');
    return words;
end
$$;
comment on function inspect.in_words(text) is 'A condition in words: "tenant_id is the caller''s tenant, where they hold "chat""';
