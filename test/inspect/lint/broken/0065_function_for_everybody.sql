-- expect: function sample.t0065()
select workshop.make_function('t0065', 'integer', 'select 1');
-- broken
grant execute on function sample.t0065() to public;
