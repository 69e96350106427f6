-- The SQL of a policy, a check or a default as the catalogue holds it. Every name is qualified, whatever the
-- caller's search path, so that the text means the same everywhere.
create or replace function inspect.expression(node pg_node_tree, relation oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select pg_catalog.pg_get_expr(node, relation)
$$;
comment on function inspect.expression(pg_node_tree, oid) is
    'The SQL of a stored expression, every name qualified. It can be run as it stands.';
