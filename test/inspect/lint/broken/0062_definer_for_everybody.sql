-- expect: function sample.t0062()
select workshop.make_function('t0062', 'integer', 'select 1', 'definer');
-- broken
grant execute on function sample.t0062() to public;
