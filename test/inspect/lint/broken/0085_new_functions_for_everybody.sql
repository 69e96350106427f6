-- expect: functions of sample_owner
-- broken
alter default privileges for role sample_owner grant execute on functions to public;
