-- expect: sample.t0030
-- expect: sample.t0030_select
select workshop.make('t0030');
select workshop.make('t0030_select');
-- broken
drop policy "nothing crosses the wall" on sample.t0030;
drop policy "nothing crosses the wall" on sample.t0030_select;
create policy "nothing is read across the wall" on sample.t0030_select as restrictive for select to sample_app
    using (tenant_id = (select context.tenant_id()));
comment on policy "nothing is read across the wall" on sample.t0030_select is 'Half a wall: writing was forgotten.';
