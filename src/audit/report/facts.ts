import type { Expired } from "../expiry.ts";
import type {
  Listed,
  ReviewedConnection,
  ReviewedGrant,
  ReviewedInvitation,
  ReviewedKey,
  ReviewedPerson,
  ReviewedRole,
  ReviewedSupport,
  ReviewedTenant,
} from "./access.ts";
import type { Activity } from "./activity.ts";
import type { PrivilegeEvent } from "./changes.ts";
import type { Period } from "./period.ts";

/** What the verifier says of one tree that the review rests on, and the checkpoint by which somebody else can say it again. */
export interface SealedTree {
  readonly of: "company" | "platform";
  readonly tenant: string;
  readonly size: number;
  readonly signed: number;
  readonly waiting: number;
  /** What is over, and vouched for; null: nothing. */
  readonly expired: Expired | null;
  /** As sentences, the first bad leaf first. */
  readonly problems: readonly string[];
  readonly checkpoint: string | null;
}

export interface Making {
  readonly at: Date;
  /** Who is signed in to the database. */
  readonly login: string;
  readonly database: string;
  readonly server: string;
  readonly software: string;
}

/** Something that whoever reviews access should look at. */
export interface Finding {
  readonly code: string;
  /** `alarm`: act on it now; `look`: decide about each; `note`: know it. */
  readonly weight: "alarm" | "look" | "note";
  readonly says: string;
  readonly count: number;
  /** Ids of the rows that it is about; the page leads to them. */
  readonly rows: readonly string[];
  /** The part of the page in which they are. */
  readonly part: "trail" | "people" | "keys" | "grants" | "support" | "activity" | "connections";
}

/** All that an access review says: what JSON has, and the page is made of. */
export interface ReportFacts {
  readonly tenant: ReviewedTenant;
  readonly period: Period;
  readonly made: Making;
  /** Whether every sealed event that the review rests on is what was sealed, and leads to what was signed. */
  readonly verified: boolean;
  /** Whether the keys were given by whoever asked; else they are those that the database names. */
  readonly keysGiven: boolean;
  readonly trees: readonly SealedTree[];
  readonly findings: readonly Finding[];
  readonly people: Listed<ReviewedPerson>;
  readonly roles: readonly ReviewedRole[];
  readonly grants: readonly ReviewedGrant[];
  readonly invitations: Listed<ReviewedInvitation>;
  readonly keys: Listed<ReviewedKey>;
  readonly support: readonly ReviewedSupport[];
  readonly connections: readonly ReviewedConnection[];
  readonly changes: Listed<PrivilegeEvent>;
  readonly activity: Activity;
}
