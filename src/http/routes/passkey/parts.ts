import type { TokenAuthority } from "../../../auth/access_token.ts";
import type { MasterKeys } from "../../../auth/encryption.ts";
import type { Passkeys } from "../../../auth/passkeys/passkeys.ts";
import type { RelyingParty } from "../../../auth/passkeys/relying_party.ts";
import type { Mailer } from "../../../mail/mailer.ts";
import type { Metrics } from "../../../metrics.ts";

/** What the routes of passkeys work with. */
export interface PasskeyParts {
  readonly passkeys: Passkeys;
  readonly party: RelyingParty;
  readonly authority: TokenAuthority;
  readonly masterKeys: MasterKeys;
  readonly mailer: Mailer;
  readonly metrics: Metrics;
}
