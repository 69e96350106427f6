import type { MasterKeys } from "../../auth/encryption.ts";
import { openSecrets } from "../../webhooks/deliver.ts";
import type { Egress } from "../../webhooks/egress.ts";
import { signatureOf } from "../../webhooks/sign.ts";
import type { PushedLine } from "./lines.ts";
import type { PushOutcome, Stream } from "./streams.ts";

/**
 * Posts lines to a webhook, signed as Standard Webhooks has it. The id names the leaves that are in it, and the body says which
 * they are: the receiver knows what it has already, and whether something is missing.
 */
export async function pushToWebhook(
  stream: Stream,
  lines: readonly PushedLine[],
  egress: Egress,
  keys: MasterKeys,
): Promise<PushOutcome> {
  const secrets = openSecrets(keys, stream);
  if (secrets === null) return { status: null, failure: "secret" };
  const [first, last] = [lines[0]!.index, lines.at(-1)!.index];
  const now = new Date();
  const head = {
    type: "audit.events",
    timestamp: now.toISOString(),
    tenant: stream.tenant,
    format: stream.format,
    first,
    last,
    size: stream.size,
  };
  const body = `${JSON.stringify(head).slice(0, -1)},"events":[${lines.map(({ text }) => text).join(",")}]}`;
  return egress.post(
    stream.url,
    {
      "Content-Type": "application/json",
      "User-Agent": "Rowhouse-Audit/1",
      "Audit-Sequence": `${first}-${last}`,
      ...signatureOf({ id: `${stream.stream}_${first}_${last}` }, body, secrets, now),
    },
    body,
  );
}
