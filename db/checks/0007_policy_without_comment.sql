-- title: A policy does not say why
-- level: warning
-- rationale: The predicate says what is let in; only a comment says why, and whether a later reader may widen it. An access
--   review stands on these sentences.
-- mend: Comment on it.
select label as object,
    'has no comment' as detail,
    format('comment on policy %I on %s is %L;', name, on_table, 'Why: …') as mend
from inspect.checked_policies()
where comment is null
