import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createSecureServer } from "node:tls";

/** A message of RFC 5424, taken apart. */
export interface SyslogMessage {
  readonly facility: number;
  readonly severity: number;
  readonly at: string;
  readonly app: string;
  readonly id: string;
  /** sequenceId of the structured data `meta`. */
  readonly sequence: number;
  readonly text: string;
}

/** A receiver of syslog over TLS (RFC 5425), or without: a real server, which takes frames apart and notes messages. */
export interface SyslogReceiver {
  readonly port: number;
  /** Its certificate, for localhost. */
  readonly ca: string;
  readonly messages: SyslogMessage[];
  /** What it does with a connection; reads it to its end unless told otherwise. */
  answer: (socket: Socket) => "read" | "break";
  close(): Promise<void>;
}

export async function startSyslogReceiver(secure = true): Promise<SyslogReceiver> {
  const { key, cert } = certificate();
  const sockets = new Set<Socket>();
  const take = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => {});
    if (receiver.answer(socket) === "break") {
      socket.destroy();
      return;
    }
    let held = Buffer.alloc(0);
    socket.on("data", (piece: Buffer) => {
      held = Buffer.concat([held, piece]);
      for (;;) {
        const space = held.indexOf(" ");
        const length = Number(held.subarray(0, Math.max(0, space)).toString());
        if (space === -1 || held.length < space + 1 + length) return;
        receiver.messages.push(takenApart(held.subarray(space + 1, space + 1 + length).toString("utf8")));
        held = held.subarray(space + 1 + length);
      }
    });
    socket.on("end", () => socket.end());
  };
  const server: Server = secure ? createSecureServer({ key, cert }, take) : createServer(take);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const receiver: SyslogReceiver = {
    port: (server.address() as AddressInfo).port,
    ca: cert,
    messages: [],
    answer: () => "read",
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
  return receiver;
}

/** @throws where it is no message of RFC 5424 */
function takenApart(message: string): SyslogMessage {
  const read =
    /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) - (\S{1,48}) - (\S{1,32}) \[meta sequenceId="(\d+)"\] (.*)$/su.exec(
      message,
    );
  if (!read) throw new Error(`no message of RFC 5424: ${message.slice(0, 200)}`);
  const [, pri, at, app, id, sequence, text] = read as unknown as string[];
  return {
    facility: Math.floor(Number(pri) / 8),
    severity: Number(pri) % 8,
    at: at!,
    app: app!,
    id: id!,
    sequence: Number(sequence),
    text: text!,
  };
}

function certificate(): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "rowhouse-tls-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    execFileSync(
      "openssl",
      [
        ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=logs.example".split(
          " ",
        ),
        ...["-addext", "subjectAltName=DNS:logs.example", "-keyout", key, "-out", cert],
      ],
      { stdio: "ignore" },
    );
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
