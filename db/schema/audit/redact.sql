create or replace function audit.redact(value jsonb, secrets text[]) returns jsonb
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select case
        when cardinality(secrets) = 0 or value is null then value
        else value || (
            select coalesce(jsonb_object_agg(name, '[redacted]'), '{}')
            from unnest(secrets) as secret (name)
            where value -> name <> 'null'
        )
    end
$$;
grant execute on function audit.redact(jsonb, text[]) to rowhouse_definer;
comment on function audit.redact(jsonb, text[]) is
    'The row with each secret value replaced by "[redacted]"; nulls stay, so that the trail tells set from unset.';
