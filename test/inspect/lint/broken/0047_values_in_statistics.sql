-- expect: sample.t0047
select workshop.make('t0047');
-- broken
alter table sample.t0047 alter note set statistics default;
