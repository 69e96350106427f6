import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Request {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly token: string | null;
  /** JSON. */
  readonly body: string | null;
}

export interface Response {
  readonly status: number;
  readonly body: Buffer;
}

const END_OF_HEAD = Buffer.from("\r\n\r\n");

/**
 * One HTTP/1.1 connection that is kept alive and takes one request at a time. Not Node's own client, because that takes
 * as much CPU as the quickest contestant, on the same cores. It reads answers of a known length only.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #head: string;
  #received: Buffer = Buffer.alloc(0);
  /** Where the body of what is being received begins and ends; null before its head is there. */
  #body: { begin: number; end: number } | null = null;
  #settle: { done: (response: Response) => void; failed: (error: Error) => void } | null = null;

  private constructor(socket: Socket, head: string) {
    this.#socket = socket;
    this.#head = head;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  static async open(url: string, userAgent: string): Promise<Connection> {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    return new Connection(
      socket,
      `Host: ${host}\r\nUser-Agent: ${userAgent}\r\nAccept: application/json\r\n`,
    );
  }

  request({ method, path, token, body }: Request): Promise<Response> {
    const credential = token === null ? "" : `Authorization: Bearer ${token}\r\n`;
    const content =
      body === null
        ? "\r\n"
        : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return new Promise((done, failed) => {
      this.#settle = { done, failed };
      this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#head}${credential}${content}`);
    });
  }

  close(): void {
    this.#settle = null;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    this.#body ??= this.#readHead();
    if (this.#body === null || this.#received.length < this.#body.end) return;
    const settle = this.#settle;
    const response = {
      status: Number(this.#received.toString("latin1", 9, 12)),
      body: this.#received.subarray(this.#body.begin),
    };
    this.#received = Buffer.alloc(0);
    this.#body = null;
    this.#settle = null;
    settle?.done(response);
  }

  #readHead(): { begin: number; end: number } | null {
    const end = this.#received.indexOf(END_OF_HEAD);
    if (end === -1) return null;
    const head = this.#received.toString("latin1", 0, end);
    const [, length] = /\r\nContent-Length: *(\d+)/i.exec(head) ?? [];
    if (length === undefined) {
      this.#socket.destroy(new Error(`an answer of unknown length:\n${head}`));
      return null;
    }
    const begin = end + END_OF_HEAD.length;
    return { begin, end: begin + Number(length) };
  }

  #fail(error: Error): void {
    this.#settle?.failed(error);
    this.#settle = null;
  }
}
