-- expect: foreign key t0035_parent on sample.t0035
select workshop.make('t0035_parents');
alter table sample.t0035_parents add unique (id);
select workshop.make('t0035', 'parent_id uuid,');
create index t0035_by_tenant_and_parent on sample.t0035 (tenant_id, parent_id);
create index t0035_by_parent on sample.t0035 (parent_id, tenant_id);
-- broken
alter table sample.t0035 add constraint t0035_parent foreign key (parent_id) references sample.t0035_parents (id);
