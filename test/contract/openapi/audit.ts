import { signUp } from "../../support/people.ts";
import { seal } from "../../support/sealing.ts";
import type { Answer } from "../../support/server.ts";
import {
  type Examples,
  type Headers,
  type Street,
  someone,
  someoneAfter,
  withBadSessions,
} from "./street.ts";

const take = ({ server }: Street, headers: Headers, query = ""): Promise<Answer> =>
  server.get(`/audit/export${query}`, headers);

export const AUDIT_REFUSALS: Examples = {
  ...withBadSessions("get /audit/export", (street, headers) => take(street, headers)),
  "get /audit/export invalid_input": async (_, street) =>
    take(street, (await someone(street)).headers, "?format=xml"),
  // Nothing of a company that was made a moment ago is sealed yet.
  "get /audit/export not_found": async (_, street) => take(street, (await someone(street)).headers),
  "get /audit/export permission_denied": async (_, street) => {
    const { headers } = await someoneAfter(
      street,
      "update app.roles set permissions = array_remove(permissions, 'view_audit') where tenant_id = $tenant",
    );
    return take(street, headers);
  },
  "get /audit/export daily_limit_reached": async (_, street) => {
    const tenant = { name: "Small", slug: `small-${crypto.randomUUID().slice(0, 8)}` };
    const { headers, login } = await signUp(street.server, { tenant });
    await street.database.admin.query("update app.tenants set requests_per_day = 1 where id = $1", [
      login.tenant!.id,
    ]);
    for (;;) {
      const answer = await take(street, headers);
      if (answer.status === 429) return answer;
    }
  },
};

export const AUDIT_SUCCESSES: Examples = {
  "get /audit/export 200": async (_, street) => {
    const { headers } = await someone(street);
    await seal(street.database);
    await seal(street.database);
    return take(street, headers);
  },
};
