-- expect: sample_app in sample_owner
-- broken
grant sample_owner to sample_app with inherit false, set true;
