-- Who may sit at the desk. Only in our database: elsewhere the desk is gone when the transaction ends.
grant select on all tables in schema inspect to rowhouse_auditor;
grant execute on all functions in schema inspect to rowhouse_auditor;
