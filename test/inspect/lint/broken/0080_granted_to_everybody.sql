-- expect: sample.t0080
-- expect: sample.t0080_column
-- expect: schema t0080_extra
select workshop.make('t0080');
select workshop.make('t0080_column');
create schema t0080_extra;
set local inspect.schemas = 'sample, t0080_extra';
alter default privileges for role postgres revoke execute on functions from public;
-- broken
grant select on sample.t0080 to public;
grant select (note) on sample.t0080_column to public;
grant usage on schema t0080_extra to public;
