/** One event of `text/event-stream` (WHATWG, "Server-sent events"). */
export function serverSent(data: unknown, event?: string): string {
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** How OpenAI's API, and those who follow it, end a stream. */
export const DONE = "data: [DONE]\n\n";

/** What a stream is answered with: no cache keeps it, no proxy holds it back (`X-Accel-Buffering` is nginx's). */
export const STREAM_HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store",
  "X-Accel-Buffering": "no",
} as const;
