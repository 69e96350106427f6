-- expect: function sample.t0064()
select workshop.make_function('t0064', 'integer', 'select 1', 'definer');
-- broken
grant execute on function sample.t0064() to sample_app;
