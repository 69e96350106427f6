-- expect: policy "nobody reads" on sample.t0006
select workshop.make('t0006');
-- broken
create policy "nobody reads" on sample.t0006 for select to sample_app using (false);
comment on policy "nobody reads" on sample.t0006 is 'Left from a lock-down in a hurry.';
