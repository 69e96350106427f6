-- expect: database $database for sample_app
-- broken
do 'begin execute format(''grant temporary on database %I to sample_app'', current_database()); end';
