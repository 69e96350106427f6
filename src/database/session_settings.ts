/**
 * What every connection of ours begins with, and what {@link RENEWAL} brings it back to. It comes with the
 * connection itself, which PostgreSQL puts above what `alter role … set` and `alter database … set` say: a role
 * may alter its own settings, so SQL that got into one request could otherwise choose them for every connection to
 * come. What is not named here (planner costs, work_mem, …) changes the speed of an answer and not its meaning;
 * `rowhouse migrate` takes it back. client_encoding is UTF8 by pg's own start of a connection.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  // Where names are found, which rows are seen, what a text means.
  search_path: "",
  role: "none",
  row_security: "on",
  standard_conforming_strings: "on",
  transform_null_equals: "off",
  array_nulls: "on",
  gin_fuzzy_search_limit: "0",
  // What a transaction is.
  default_transaction_isolation: "read\\ committed",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  // How values are written.
  bytea_output: "hex",
  datestyle: "ISO,MDY",
  intervalstyle: "postgres",
  timezone: "UTC",
  extra_float_digits: "1",
  // How long anything may take; nothing that lost its client goes on for long.
  transaction_timeout: "0",
  lock_timeout: "0",
  idle_session_timeout: "0",
  idle_in_transaction_session_timeout: "60s",
  // A library that is not there would end every connection as it begins.
  local_preload_libraries: "",
  // The statements are many and short; compiling one costs more than running it.
  jit: "off",
};

/**
 * How statements on behalf of callers are planned (db/roles.sql says why): lists walk the index of their order instead of
 * collecting a tenant to sort it, and what belongs to a row is looked up by its key. Of the connection too, because a role
 * that altered it for itself would make every tenant's lists slow.
 */
export const PLANNING: Readonly<Record<string, string>> = {
  enable_sort: "off",
  enable_incremental_sort: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  enable_material: "off",
  enable_bitmapscan: "off",
};

/**
 * A connection string that begins its sessions with our settings. What it says in `options` itself is whoever
 * runs the server's choice, and stays.
 *
 * @param more settings for this use of it, over ours; a space in a value is written as `\ `
 */
export function withSettings(databaseUrl: string, more: Readonly<Record<string, string>> = {}): string {
  const url = new URL(databaseUrl);
  const ours = Object.entries({ ...SETTINGS, ...more }).map(([name, value]) => `-c ${name}=${value}`);
  const given = url.searchParams.get("options");
  url.searchParams.set("options", [...ours, ...(given ? [given] : [])].join(" "));
  // PostgreSQL splits startup options at spaces; `+` would reach it literally.
  url.search = url.search.replaceAll("+", "%20");
  return url.href;
}
