-- expect: sample.t0023
select workshop.make('t0023');
revoke insert, update, delete on sample.t0023 from sample_app;
-- broken
drop policy "members keep notes" on sample.t0023;
