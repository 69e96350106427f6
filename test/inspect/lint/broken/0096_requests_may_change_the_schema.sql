-- expect: role sample_app
-- broken
alter event trigger sample_refuses_ddl disable;
