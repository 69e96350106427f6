-- expect: default privileges of sample_owner in sample on tables
-- broken
alter default privileges for role sample_owner in schema sample grant select on tables to public;
