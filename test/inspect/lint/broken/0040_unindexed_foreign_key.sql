-- expect: foreign key t0040_parent on sample.t0040
select workshop.make('t0040_parents');
select workshop.make('t0040', 'parent_id uuid,');
alter table sample.t0040 add constraint t0040_parent foreign key (tenant_id, parent_id) references sample.t0040_parents (tenant_id, id);
create index t0040_by_parent on sample.t0040 (tenant_id, parent_id);
-- broken
drop index sample.t0040_by_parent;
