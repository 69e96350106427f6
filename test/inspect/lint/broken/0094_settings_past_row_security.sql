-- expect: session_replication_role of role sample_app
-- broken
alter role sample_app set session_replication_role = replica;
