-- expect: extension citext
-- broken
create extension citext with schema public;
