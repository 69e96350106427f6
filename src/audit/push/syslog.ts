import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { AddressRefused, addressesOfHost, type Reach, raced } from "../../egress/addresses.ts";
import { reasonOf } from "../../webhooks/egress.ts";
import type { PushedLine } from "./lines.ts";
import type { PushOutcome, Stream } from "./streams.ts";

export interface SyslogOptions extends Reach {
  /** Whether messages may go without encryption. */
  readonly plain: boolean;
  /** Milliseconds for a batch, from looking the name up to the last byte. */
  readonly patience?: number;
  /** Certificates that are good beside the system's (PEM). */
  readonly ca?: string;
}

/** Where syslog is sent, unless it is told otherwise: RFC 5425 section 4.1, and what IANA has for syslog over TCP. */
const PORTS = { "syslogs:": 6514, "syslog:": 601 } as const;
const PATIENCE = 15_000;
/** Milliseconds for the receiver to close too, once everything is sent. */
const GOODBYE = 2_000;

/**
 * Sends lines as syslog (RFC 5424) over a connection, each behind its length (RFC 5425 section 4.3, RFC 6587 section 3.4.1). It
 * never rejects. Syslog has no acknowledgement: what was written and not refused counts as taken. So that as little as can be
 * is lost by it, the connection is ended after each batch, and a receiver that breaks it off took nothing.
 */
export async function pushToSyslog(
  stream: Stream,
  lines: readonly PushedLine[],
  options: SyslogOptions,
): Promise<PushOutcome> {
  const signal = AbortSignal.timeout(options.patience ?? PATIENCE);
  try {
    const socket = await connected(new URL(stream.url), options, signal);
    await written(socket, lines.map((line) => framed(line)).join(""), signal);
    return { status: null, failure: null };
  } catch (error) {
    return { status: null, failure: signal.aborted ? "timeout" : reasonOf(error) };
  }
}

async function connected(url: URL, options: SyslogOptions, signal: AbortSignal): Promise<Socket> {
  const secure = url.protocol === "syslogs:";
  const usual = PORTS[secure ? "syslogs:" : "syslog:"];
  const port = Number(url.port || usual);
  if (!secure && !options.plain) throw new AddressRefused();
  if (!options.internal && port !== usual && !options.ports.includes(port)) throw new AddressRefused();
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const [{ address }] = await raced(addressesOfHost(host, options), signal);
  // The address that was looked at, and the name that its certificate has to have.
  const servername = /^[\d.]+$|:/.test(host) ? "" : host;
  const socket = secure
    ? connectSecurely({
        host: address,
        port,
        servername,
        ...(options.ca !== undefined && { ca: options.ca }),
      })
    : connectPlain({ host: address, port });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(secure ? "secureConnect" : "connect", resolve);
  socket.once("error", reject);
  await raced(promise, signal).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  return socket;
}

async function written(socket: Socket, text: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  // Whoever closes before everything is written did not take it.
  socket.once("close", () => (socket.writableFinished ? resolve() : reject(new Error("it was closed"))));
  socket.resume();
  socket.end(text, () => setTimeout(resolve, GOODBYE).unref());
  try {
    await raced(promise, signal);
  } finally {
    socket.destroy();
  }
}

/** PRI: facility 13 (log audit), and RFC 5424's severities: critical is 2, an informational event 6. */
const FACILITY = 13;
const SEVERITIES: Readonly<Record<string, number>> = {
  informational: 6,
  low: 5,
  medium: 4,
  high: 3,
  critical: 2,
};

/** A message behind its length in bytes. The sequence is the leaf's index and one: RFC 5424 section 7.3.1 counts from 1. */
export function framed({ index, text, action, severity }: PushedLine, at = new Date()): string {
  const pri = FACILITY * 8 + (SEVERITIES[severity ?? ""] ?? 6);
  const sequence = (index % 2_147_483_647) + 1;
  const message = `<${pri}>1 ${at.toISOString()} - rowhouse - ${action.slice(0, 32)} [meta sequenceId="${sequence}"] ${text}`;
  return `${Buffer.byteLength(message)} ${message}`;
}
