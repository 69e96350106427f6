import { createHmac } from "node:crypto";

/** An event, as the queue lends it. */
export interface WebhookEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Its place among all that the endpoint was sent: 1, 2, 3, … */
  readonly sequence: number;
  readonly createdAt: Date;
}

/** What is sent: the body, byte for byte as it is signed. */
export function bodyOf({ type, createdAt, sequence, data }: WebhookEvent): string {
  return JSON.stringify({ type, timestamp: createdAt.toISOString(), sequence, data });
}

/**
 * The headers of Standard Webhooks. The id is the same each time that an event is sent; the timestamp is of this attempt, so
 * that what was recorded on the way is of no use later.
 *
 * @param secrets the one in use and those that it replaced not long ago: the receiver is content with one signature
 */
export function signatureOf(
  event: Pick<WebhookEvent, "id">,
  body: string,
  secrets: readonly Buffer[],
  now: Date,
): Readonly<Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>> {
  const id = `msg_${event.id}`;
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const sign = (secret: Buffer): string =>
    `v1,${createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": secrets.map(sign).join(" "),
  };
}
