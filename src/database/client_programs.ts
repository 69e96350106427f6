import { spawnSync } from "node:child_process";

/** libpq's variable for each parameter of a connection string that psql, pg_dump and pg_restore may need. */
const variables: Readonly<Record<string, string>> = {
  options: "PGOPTIONS",
  application_name: "PGAPPNAME",
  client_encoding: "PGCLIENTENCODING",
  connect_timeout: "PGCONNECT_TIMEOUT",
  sslmode: "PGSSLMODE",
  sslcert: "PGSSLCERT",
  sslkey: "PGSSLKEY",
  sslrootcert: "PGSSLROOTCERT",
  sslnegotiation: "PGSSLNEGOTIATION",
  channel_binding: "PGCHANNELBINDING",
};

/** A connection as libpq's environment: an argument could be read by everybody on the machine, password and all. */
export function clientEnvironment(connectionString: string): Record<string, string> {
  const url = new URL(connectionString);
  const settings: Record<string, string> = {
    PGHOST: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, "$1"),
    PGPORT: url.port,
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)),
  };
  for (const [name, value] of url.searchParams) {
    const variable = variables[name];
    if (variable !== undefined) settings[variable] = value;
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ""));
}

/** The major version of one of PostgreSQL's programs on the PATH, or null if it is not there. */
export function programVersion(program: "pg_dump" | "pg_restore"): number | null {
  const { stdout, error } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const [, major] = /\(PostgreSQL\) (\d+)/.exec(error ? "" : stdout) ?? [];
  return major === undefined ? null : Number(major);
}
