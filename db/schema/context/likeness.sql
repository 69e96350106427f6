-- How much two embeddings of length one point the same way, from -1 to 1.
set local role rowhouse_definer;
create or replace function context.likeness(one real[], other real[]) returns float8
    language sql immutable strict parallel safe security invoker
    return (select sum(pair.a::float8 * pair.b) from unnest(one, other) as pair (a, b));
comment on function context.likeness(real[], real[]) is 'The cosine of two embeddings of length one.';
reset role;
