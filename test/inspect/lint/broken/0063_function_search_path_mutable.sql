-- expect: function sample.t0063()
select workshop.make_function('t0063', 'integer', 'select 1');
-- broken
alter function sample.t0063() reset search_path;
