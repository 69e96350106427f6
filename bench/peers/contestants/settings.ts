import type { JWK } from "jose";

/** What every contestant but ours is told: ours has an environment. */
export interface Settings {
  readonly databaseUrl: string;
  /** Connections of its pool. */
  readonly poolSize: number;
  readonly issuer: string;
  readonly publicJwk: JWK;
  /** Signs what it issues itself. */
  readonly privateJwk: JWK;
  /** Whether its tables are under row security. */
  readonly rowSecurity: boolean;
}

/** Where it listens. */
export interface Started {
  readonly url: string;
}
