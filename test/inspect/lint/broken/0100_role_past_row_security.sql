-- expect: role sample_dumper
create role sample_dumper login;
-- broken
alter role sample_dumper bypassrls;
