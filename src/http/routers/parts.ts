import type { Middleware } from "koa";
import type pg from "pg";
import type { Accesses } from "../../audit/accesses.ts";
import type { Readings } from "../../audit/readings.ts";
import type { TokenAuthority } from "../../auth/access_token.ts";
import type { AccountDeletion } from "../../auth/account_deletion.ts";
import type { AccountExport } from "../../auth/account_export.ts";
import type { ApiKeyUsage } from "../../auth/api_key_usage.ts";
import type { Captcha } from "../../auth/captcha/captcha.ts";
import type { MasterKeys } from "../../auth/encryption.ts";
import type { Guests } from "../../auth/guests.ts";
import type { Identity } from "../../auth/identity.ts";
import type { JoiningCompanies } from "../../auth/joining.ts";
import type { MailProofs } from "../../auth/mail_proofs.ts";
import type { Provider } from "../../auth/oauth/provider.ts";
import type { OwnAccount } from "../../auth/own_account.ts";
import type { OwnTenants } from "../../auth/own_tenants.ts";
import type { Passkeys } from "../../auth/passkeys/passkeys.ts";
import type { PasswordRules } from "../../auth/password_rules.ts";
import type { RequestCounts } from "../../auth/request_counts.ts";
import type { SecondFactors } from "../../auth/second_factors.ts";
import type { Models } from "../../chat/models/models.ts";
import type { Turns } from "../../chat/turns/turns.ts";
import type { Config } from "../../config.ts";
import type { Library } from "../../documents/library.ts";
import type { Log } from "../../log.ts";
import type { Mailer } from "../../mail/mailer.ts";
import type { Metrics } from "../../metrics.ts";
import type { Admission } from "../admission.ts";
import type { BrowserSessions } from "../browser_sessions.ts";
import type { Possession } from "../dpop/possession.ts";
import type { ErrorCatalogue } from "../error_catalogue.ts";
import type { RateLimits } from "../rate_limit.ts";
import type { OnRefusal } from "../report_errors.ts";
import type { RequestState } from "../request_facts.ts";

/** What the routes work with. */
export interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What `/readyz` asks with. */
  readonly probe: pg.Pool;
  readonly catalogue: ErrorCatalogue;
  readonly identity: Identity;
  readonly proofs: MailProofs;
  readonly guests: Guests;
  readonly captcha: Captcha;
  readonly account: OwnAccount;
  readonly deletion: AccountDeletion;
  readonly exports: AccountExport;
  readonly tenants: OwnTenants;
  readonly joining: JoiningCompanies;
  readonly library: Library;
  readonly rules: PasswordRules;
  readonly factors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly authority: TokenAuthority;
  readonly masterKeys: MasterKeys;
  readonly usage: ApiKeyUsage;
  readonly requestCounts: RequestCounts;
  readonly mailer: Mailer;
  /** Who else signs people in, by id. */
  readonly providers: ReadonlyMap<string, Provider>;
  readonly browsers: BrowserSessions;
  readonly limits: RateLimits;
  readonly possession: Possession;
  readonly onRefusal: OnRefusal;
  /** What questions are asked through. */
  readonly turns: Turns;
  /** Tells the trail whose words somebody read. */
  readonly readings: Readings;
  /** Tells the trail who asked what of the API. */
  readonly accesses: Accesses;
  /** Which models there are, and embeddings. */
  readonly models: Models;
  /** Asks the door how many requests a key is good for. */
  readonly admission: Admission;
  /** Connections that go through the door. */
  readonly app: pg.Pool;
  readonly graphql: Middleware<RequestState>;
  /** Whether this process is about to close and wants no new requests. */
  readonly leaving: () => boolean;
}

/** One spelling of each path: `/AUTH/login` would be counted as something else than signing in. */
export const EXACT = { sensitive: true };
