-- Why a role may, or may not, do something with a row: each policy that applies, each of its conditions with its value, and
-- the verdict. It asks under the settings of this session (whoever the context says is calling) and reads the row as its
-- caller, who therefore must see it: somebody whom row security does not hold.
--
-- target:  the table
-- key:     columns of the primary key with their values; for an insert, the values of the new row
-- command: select, insert, update or delete
-- caller:  the database role; by default the first of inspect.api_roles()
-- change:  for an update, the values that change
--
-- side is grant, using (rows that the command finds), reading (what they must satisfy because a statement with WHERE or
-- RETURNING reads them too), check (new rows), or verdict, the last line. Raises RH400 for a question that makes no sense.
create or replace function inspect.explain(
    target regclass, key jsonb, command text default 'select', caller name default null, change jsonb default null
)
    returns table (side text, policy text, place text, condition text, value boolean, verdict text, explanation text)
    language plpgsql stable parallel unsafe security invoker
    set search_path = ''
as $$
declare
    asked     text := lower(command);
    role      name := coalesce(caller, (inspect.api_roles())[1]);
    role_oid  oid := (select oid from pg_catalog.pg_roles where rolname = role);
    state     text;
    applying  record;
    leaf      record;
    result    record;
    new_row   jsonb;
    sides     text[];
    any_one   boolean;
    all_hold  boolean;
    number    integer;
    refused   text;
    failed    text;
begin
    if asked not in ('select', 'insert', 'update', 'delete') or asked is null then
        raise exception using errcode = 'RH400', message = format('%s is no command of rows: select, insert, update or delete', command);
    end if;
    if (select relkind from pg_catalog.pg_class where oid = target) not in ('r', 'p') then
        raise exception using errcode = 'RH400', message = format('%s is no table: ask about the tables under it', target);
    end if;
    if role_oid is null then
        raise exception using errcode = 'RH400', message = format('there is no role %s', role);
    end if;
    if jsonb_typeof(key) is distinct from 'object' then
        raise exception using errcode = 'RH400', message = 'name the row by an object: {"id": "…"}';
    end if;

    -- Grants come first: without one, no policy is asked.
    side := 'grant';
    condition := format('grant %s on %s to %s', asked, target, role);
    value := pg_catalog.has_schema_privilege(role_oid, (select relnamespace from pg_catalog.pg_class where oid = target), 'usage')
        and case when asked = 'delete' then pg_catalog.has_table_privilege(role_oid, target, asked)
            else pg_catalog.has_any_column_privilege(role_oid, target, asked) end;
    verdict := case when value then 'granted' else 'refused' end;
    explanation := case when value
        then format('%s may %s (see inspect.access for the columns)', role, asked)
        else format('%s holds no grant for it, so the statement raises 42501 whatever the policies say', role) end;
    return next;
    if not value then
        failed := 'no grant';
    end if;

    state := inspect.row_security_of(target, role_oid);
    if failed is null and state <> 'holds' then
        side := 'verdict'; condition := null; value := true; verdict := 'allowed';
        explanation := format('row security does not hold %s here: %s', role, state);
        return next;
        return;
    end if;

    if asked = 'insert' then
        new_row := key || inspect.defaults_of(target, key);
        sides := '{check}';
    else
        -- Raises for a key that is none.
        perform inspect.key_condition(target, key);
        select * into result from inspect.evaluate(target, key, null, 'true');
        if result.present is not true then
            side := 'verdict'; condition := null; value := false; verdict := 'no such row';
            explanation := coalesce('the row cannot be read: ' || result.refusal, format(
                'there is no such row, or %s may not see it: an explanation needs somebody whom row security does not hold', current_user));
            return next;
            return;
        end if;
        sides := case asked when 'select' then '{using}'::text[] when 'delete' then '{using,reading}' else '{using,reading,check}' end;
    end if;

    foreach side in array sides loop
        any_one := false;
        all_hold := true;
        number := 0;
        for applying in
            select
                declared.polname as name, declared.polpermissive as permissive,
                inspect.expression(
                    case side when 'check' then coalesce(declared.polwithcheck, declared.polqual) else declared.polqual end,
                    declared.polrelid
                ) as expression,
                pg_catalog.obj_description(declared.oid, 'pg_policy') as comment
            from pg_catalog.pg_policy as declared
            where declared.polrelid = target
                and declared.polcmd in ('*', case when side = 'reading' then 'r' else
                    case asked when 'select' then 'r' when 'insert' then 'a' when 'update' then 'w' else 'd' end end)
                and exists (select from unnest(declared.polroles) as held where held = 0 or pg_catalog.pg_has_role(role_oid, held, 'USAGE'))
            order by declared.polpermissive, declared.polname
        loop
            continue when applying.expression is null;
            number := number + 1;
            policy := applying.name;
            select * into result from inspect.evaluate(
                target, case when asked <> 'insert' then key end,
                case when asked = 'insert' then new_row when side = 'check' then coalesce(change, '{}') end,
                applying.expression
            );
            if result.refusal is not null then
                refused := coalesce(refused, format('the policy "%s" raises %s', applying.name, result.refusal));
            elsif applying.permissive then
                any_one := any_one or coalesce(result.value, false);
            else
                all_hold := all_hold and coalesce(result.value, false);
            end if;
            verdict := case when result.refusal is not null then 'raises' when result.value then 'holds' else 'does not hold' end;
            for leaf in select * from inspect.leaves(applying.expression) loop
                place := leaf.place;
                condition := inspect.tidy(leaf.condition);
                select * into result from inspect.evaluate(
                    target, case when asked <> 'insert' then key end,
                    case when asked = 'insert' then new_row when side = 'check' then coalesce(change, '{}') end,
                    leaf.condition
                );
                value := result.value;
                explanation := format('%s: %s', inspect.in_words(leaf.condition),
                    case when result.refusal is not null then 'raises ' || result.refusal
                        when result.value then 'yes' when not result.value then 'no'
                        else 'unknown, which counts as no' end);
                return next;
            end loop;
            if not applying.permissive and verdict = 'does not hold' then
                failed := coalesce(failed, format('the restrictive policy "%s" does not hold (%s)', applying.name, side));
            end if;
        end loop;
        if not any_one and refused is null then
            failed := coalesce(failed, case
                when number = 0 then format('no policy lets %s %s (%s)', role, asked, side)
                else format('no permissive policy holds (%s)', side) end);
        end if;
    end loop;

    side := 'verdict'; policy := null; place := null; condition := null;
    value := refused is null and failed is null;
    verdict := case
        when failed = 'no grant' then 'refused'
        when refused is not null then 'refused'
        when failed is null then case asked when 'select' then 'visible' else 'allowed' end
        when asked = 'insert' or failed like '%(check)' then 'refused'
        else 'invisible'
    end;
    explanation := coalesce(case when failed = 'no grant' then failed else refused end, failed,
        'a permissive policy holds and every restrictive one does');
    return next;
end
$$;
comment on function inspect.explain(regclass, jsonb, text, name, jsonb) is
    'Why a role may, or may not, do something with a row, under the settings of this session: policies, conditions, values, verdict. Its caller must be able to read the row.';
