-- expect: foreign key t0036_parent on sample.t0036
-- expect: foreign key t0036_person on sample.t0036
select workshop.make('t0036_parents');
alter table sample.t0036_parents add unique (id);
select workshop.make_closed('t0036_people');
select workshop.make('t0036', 'parent_id uuid, person_id uuid,');
create index t0036_by_tenant_and_parent on sample.t0036 (tenant_id, parent_id);
create index t0036_by_parent on sample.t0036 (parent_id, tenant_id);
create index t0036_by_person on sample.t0036 (person_id, tenant_id);
-- broken
alter table sample.t0036
    add constraint t0036_parent foreign key (parent_id) references sample.t0036_parents (id) on delete cascade,
    add constraint t0036_person foreign key (person_id) references sample.t0036_people (id) on delete set null;
