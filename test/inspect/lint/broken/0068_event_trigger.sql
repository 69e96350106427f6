-- expect: event trigger t0068
create function workshop.t0068() returns event_trigger language plpgsql as 'begin end';
alter function workshop.t0068() owner to sample_owner;
-- broken
create event trigger t0068 on ddl_command_end execute function workshop.t0068();
