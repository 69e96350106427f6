-- title: A column with a secret's name within reach of requests
-- level: error
-- rationale: Row security hides rows, not columns: whoever may see the row reads the hash or token in it, and a generated API offers
--   the field, to colleagues too.
-- mend: Grant the other columns, or move it to a schema that requests do not reach. A type that cannot hold a secret is not
--   counted: an integer called tokens, a time, a yes or no.
-- splinter: 0023
with reachable as (
    select checked.id, checked.name, role, array_agg(attname::text order by attnum) as columns
    from inspect.checked_tables() as checked
    join pg_attribute on attrelid = checked.id and attnum > 0 and not attisdropped
    join pg_type on pg_type.oid = atttypid
    cross join unnest((select inspect.api_role_ids())) as role
    where not partition and has_column_privilege(role, checked.id, attnum, 'select')
        and not attname ~* '_(at|on|count|id|type|kind|name|label|expires?|expiry|algorithm|prefix|length|size|rounds|limit|used|policy|status|version)$'
        and case when typcategory = 'N'
            -- A number that serves as a secret.
            then attname ~* '(^|_)(ssn|pin|otp|cvv|cvc|credit_?card|card_?number|social_security(_number)?|passport_number|tax_id)($|_)'
            else typcategory in ('S', 'U', 'A') and typname not in ('tsvector', 'inet', 'cidr', 'macaddr') and (
                attname ~* ('(^|_)(passw(or)?d|passwd|pwd|passphrase|secrets?|tokens?|jwt|salt|otp|totp|ssn|iban|cvv|cvc|api_?keys?|private_?(key|jwk)|'
                    || '(key|pin|code)_?(hash|digest)|secret_?key|ssh_?key|credit_?card|card_?number|recovery_?codes?|backup_?codes?|social_security(_number)?|passport_number|tax_id|mfa_?seed)($|_)')
                or attname ~* '^(hash|digest)$' and checked.name ~* 'user|account|passw|credential|session|key|token|secret|login'
            ) end
    group by checked.id, checked.name, role
)
select format('%s.%s for %s', name, array_to_string(columns, ', '), role::regrole) as object,
    'can be read' as detail,
    inspect.narrow_grant(id, role, 'select', columns) as mend
from reachable
