-- expect: view sample.t0070_view
-- expect: view sample.t0070_off
select workshop.make('t0070');
create view sample.t0070_view with (security_invoker = true) as select note from sample.t0070;
comment on view sample.t0070_view is 'Notes without more.';
create view sample.t0070_off with (security_invoker = yes) as select note from sample.t0070;
comment on view sample.t0070_off is 'Notes without more.';
grant select on sample.t0070_view, sample.t0070_off to sample_app;
-- broken
alter view sample.t0070_view reset (security_invoker);
alter view sample.t0070_off set (security_invoker = off);
