-- title: An event trigger whose function is not a superuser's
-- level: warning
-- rationale: Its function runs with the rights of whoever changes the schema, often a superuser, on every such change. Who can
--   replace the function can become that superuser.
-- mend: Give the function to a superuser.
select 'event trigger ' || quote_ident(evtname) as object,
    format('calls %s at %s', evtfoid::regprocedure, evtevent) as detail,
    format('alter function %s owner to current_user;', evtfoid::regprocedure) as mend
from pg_event_trigger as event
join pg_proc as called on called.oid = evtfoid
join pg_roles as author on author.oid = proowner and not rolsuper
where evtenabled <> 'D' and not inspect.of_extension('pg_event_trigger', event.oid)
