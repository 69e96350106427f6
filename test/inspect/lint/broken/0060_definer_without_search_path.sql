-- expect: function sample.t0060()
select workshop.make_function('t0060', 'integer', 'select 1', 'definer');
-- broken
alter function sample.t0060() reset search_path;
