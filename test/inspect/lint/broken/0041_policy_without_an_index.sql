-- expect: sample.t0041
select workshop.make_closed('t0041');
alter table sample.t0041 add column person_id uuid;
grant select on sample.t0041 to sample_app;
create policy "people see what is theirs" on sample.t0041 for select to sample_app using (person_id = (select context.user_id()));
comment on policy "people see what is theirs" on sample.t0041 is 'Across tenants, as people are.';
create index t0041_by_person on sample.t0041 (person_id);
-- broken
drop index sample.t0041_by_person;
