/** A connection string that cannot be used. The message never quotes it: any part may be part of a password. */
export class BadConnectionString extends Error {
  override readonly name = "BadConnectionString";
}

/** What a connection string says, in libpq's own words. */
interface Parameters {
  host?: string;
  port?: string;
  user?: string;
  password?: string;
  dbname?: string;
  /** Everything else, as it was given: sslmode, options, application_name, … */
  readonly more: [keyword: string, value: string][];
}

/**
 * Reads a connection string in any form that libpq takes (PostgreSQL documentation, 32.1.1) and writes it as the
 * one URL that everything else here works with: `postgres://user:password@host:port/database?parameters`. A socket's
 * folder is a percent-encoded host.
 *
 * Stricter than libpq in what could only be a slip: a `#` or a second `@` that is not percent-encoded is nearly
 * always a password, of which libpq would take the rest for a host, a port or a database, and print it.
 *
 * @param text `postgres://…`, `postgresql://…` or `keyword=value …`
 * @param host where the string names none: what PGHOST says
 * @throws {BadConnectionString}
 */
export function readConnectionString(text: string, host = "localhost"): string {
  const given = /^postgres(ql)?:\/\//.test(text) ? fromUrl(text) : fromKeywords(text);
  return toUrl({ ...given, host: given.host || host });
}

/** The sentence of a reader that tells which forms there are. */
export const CONNECTION_FORMS =
  "postgres://user:password@host:port/database, or host=… dbname=… as libpq takes it";

function fromUrl(text: string): Parameters {
  if (text.includes("#")) throw new BadConnectionString("a # in it has to be written as %23");
  const parts = /^[a-z]+:\/\/(?:([^@/?]*)@)?([^@/?]*)(?:\/([^@?]*))?(?:\?([^@]*))?$/.exec(text);
  if (parts === null) {
    throw new BadConnectionString(
      "an @ in a name, a password or a value has to be written as %40, a / as %2F, a ? as %3F",
    );
  }
  const [, credentials = "", place = "", database = "", query = ""] = parts;
  if (place.includes(",")) throw severalHosts();
  const [, inBrackets, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/.exec(place) ?? [];
  if (inBrackets === undefined && plain === undefined) throw badHost();

  const [user, password] = splitAt(credentials, ":");
  const parameters: Parameters = { more: [] };
  set(parameters, "user", decode(user));
  set(parameters, "password", decode(password));
  set(parameters, "host", inBrackets ?? decode(plain ?? ""));
  set(parameters, "port", port ?? "");
  set(parameters, "dbname", decode(database));
  for (const pair of query.split("&").filter(Boolean)) {
    const [keyword, value] = splitAt(pair, "=");
    set(parameters, decode(keyword), decode(value));
  }
  return parameters;
}

/** `keyword = value` with spaces between pairs; a value with spaces stands in single quotes, `\` escapes. */
function fromKeywords(text: string): Parameters {
  const parameters: Parameters = { more: [] };
  const pair = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/gsy;
  let end = 0;
  for (const [, keyword, quoted, bare] of text.matchAll(pair)) {
    // A word before "=" that is no keyword may be the second half of a password with a space in it.
    if (!keywords.has(keyword!)) throw badKeywords();
    set(parameters, keyword!, (quoted ?? bare ?? "").replaceAll(/\\(.)/gs, "$1"));
    end++;
  }
  if (end === 0 || text.replaceAll(pair, "").trim() !== "") throw badKeywords();
  return parameters;
}

function set(parameters: Parameters, keyword: string, value: string): void {
  if (value.includes("\0")) throw new BadConnectionString("it holds a NUL byte");
  switch (keyword) {
    case "host":
    case "port":
    case "user":
    case "password":
    case "dbname":
      if (value !== "") parameters[keyword] = value;
      return;
    case "hostaddr":
      // An address instead of the name; beside a name libpq connects to the address, and so do we.
      if (value !== "") parameters.host = value;
      return;
    case "service":
    case "servicefile":
    case "passfile":
      throw new BadConnectionString(
        `${keyword} names a file of libpq's, which is not read here; write out what it says`,
      );
    default:
      parameters.more.push([keyword, value]);
  }
}

function toUrl({ host = "", port, user, password, dbname, more }: Parameters): string {
  if (host.includes(",") || port?.includes(",")) throw severalHosts();
  if (!/^(\/.*|[\p{L}\p{N}._-]+|[0-9a-fA-F:.]+(%[\w.]+)?)$/u.test(host)) throw badHost();
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) {
    throw new BadConnectionString("its port must be a number from 1 to 65535");
  }
  const place = host.includes(":") ? `[${host}]` : encodeURIComponent(host);
  const credentials =
    user === undefined && password === undefined
      ? ""
      : `${encodeURIComponent(user ?? "")}${password === undefined ? "" : `:${encodeURIComponent(password)}`}@`;
  const query = more
    .map(([keyword, value]) => `${encodeURIComponent(keyword)}=${encodeURIComponent(value)}`)
    .join("&");
  const url = `postgres://${credentials}${place}${port === undefined ? "" : `:${port}`}${
    // pg takes the path through decodeURI, which leaves what encodeURI leaves.
    dbname === undefined ? "" : `/${encodeURI(dbname).replaceAll("?", "%3F").replaceAll("#", "%23")}`
  }${query === "" ? "" : `?${query}`}`;
  if (!URL.canParse(url)) throw badHost();
  return url;
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Its error would say no more, and ours does not quote it.
    throw new BadConnectionString("a % in it has to be written as %25");
  }
}

const badHost = (): BadConnectionString =>
  new BadConnectionString(
    "its host is no name, no address and no folder of a socket; a password's : has to be written as %3A",
  );
const badKeywords = (): BadConnectionString =>
  new BadConnectionString(
    "it is neither a URL nor keyword=value pairs of libpq; a value with spaces stands in single quotes",
  );
const severalHosts = (): BadConnectionString =>
  new BadConnectionString(
    "it names several hosts; Rowhouse connects to one (a proxy can stand before several)",
  );

/** The keywords of libpq in PostgreSQL 18. */
const keywords = new Set(
  `host hostaddr port dbname user password passfile require_auth channel_binding connect_timeout client_encoding
   options application_name fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count
   tcp_user_timeout replication gssencmode sslmode requiressl sslnegotiation sslcompression sslcert sslkey sslkeylogfile
   sslpassword sslcertmode sslrootcert sslcrl sslcrldir sslsni requirepeer ssl_min_protocol_version
   ssl_max_protocol_version min_protocol_version max_protocol_version krbsrvname gsslib gssdelegation scram_client_key
   scram_server_key service servicefile target_session_attrs load_balance_hosts oauth_issuer oauth_client_id
   oauth_client_secret oauth_scope`.split(/\s+/),
);
