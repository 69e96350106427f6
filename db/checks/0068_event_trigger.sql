-- title: An event trigger
-- level: warning
-- rationale: Its function runs with the rights of whoever changes the schema, often a superuser, on every such change. Who can
--   replace the function can become that superuser.
-- mend: Disable it, or accept it with the reason for it.
select 'event trigger ' || quote_ident(evtname) as object,
    format('calls %s at %s', evtfoid::regprocedure, evtevent) as detail,
    format('alter event trigger %I disable;', evtname) as mend
from pg_event_trigger as event
where evtenabled <> 'D' and not inspect.of_extension('pg_event_trigger', event.oid)
