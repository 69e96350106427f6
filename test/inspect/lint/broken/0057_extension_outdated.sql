-- expect: extension hstore
-- broken
create extension hstore with schema extensions version '1.7';
