-- expect: table sample.t0054
-- expect: view sample.t0054_view
-- expect: function sample.t0054_function()
select workshop.make('t0054');
create view sample.t0054_view with (security_invoker = true) as select note from sample.t0054;
comment on view sample.t0054_view is 'Notes without more.';
select workshop.make_function('t0054_function', 'integer', 'select 1');
-- broken
comment on table sample.t0054 is null;
comment on view sample.t0054_view is null;
comment on function sample.t0054_function() is null;
