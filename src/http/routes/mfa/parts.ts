import type { TokenAuthority } from "../../../auth/access_token.ts";
import type { MasterKeys } from "../../../auth/encryption.ts";
import type { SecondFactors } from "../../../auth/second_factors.ts";
import type { Metrics } from "../../../metrics.ts";

/** What the routes of a second factor work with. */
export interface MfaParts {
  readonly factors: SecondFactors;
  readonly authority: TokenAuthority;
  readonly masterKeys: MasterKeys;
  readonly metrics: Metrics;
  /** What an app shows above the code. */
  readonly issuer: string;
}
