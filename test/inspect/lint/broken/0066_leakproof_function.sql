-- expect: function sample.t0066()
select workshop.make_function('t0066', 'integer', 'select 1');
-- broken
alter function sample.t0066() leakproof;
