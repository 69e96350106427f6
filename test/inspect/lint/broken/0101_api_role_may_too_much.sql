-- expect: role sample_app
-- broken
alter role sample_app createrole;
