-- title: A rule that rewrites commands
-- level: warning
-- rationale: What a rule adds to a command runs with the rights of the table's owner, and against the policies for the owner; and it
--   may run more often than anybody meant.
-- mend: Let a trigger do what is wanted, as the caller. No SQL is printed: the rule may be what refuses or records a command.
select format('rule %s on %s', quote_ident(rulename), ev_class::regclass) as object,
    'rewrites commands on the table with the rights of its owner' as detail,
    '-- Let a trigger do what it does, then drop it.' as mend
from inspect.checked_tables() as checked
join pg_rewrite on ev_class = checked.id
