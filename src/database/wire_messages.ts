/** Bind and Execute of prepared statements without parameters, as PostgreSQL's protocol 3.0 has them ("Message Formats"). */
export function executionOf(names: readonly string[]): Buffer {
  return Buffer.concat(names.flatMap((name) => [bind(name), EXECUTE]));
}

/** The unnamed portal, all rows. */
const EXECUTE = message("E", "\0".repeat(5));

/** To the unnamed portal: no formats of parameters, no parameters, no formats of results. */
function bind(name: string): Buffer {
  return message("B", `\0${name}\0${"\0".repeat(6)}`);
}

function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + Buffer.byteLength(body), 1);
  return Buffer.concat([head, Buffer.from(body)]);
}
