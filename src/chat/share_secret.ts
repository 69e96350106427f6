import { randomBytes } from "node:crypto";
import { digest } from "../auth/session_secrets.ts";

/** A new secret of a link to a conversation: 256 bits, as a scanner of secrets finds them. */
export const newShareSecret = (): string => `rh_sl_${randomBytes(32).toString("base64url")}`;

/** What the database is told of it. */
export const digestOfShare = (secret: string): Buffer => digest(secret);
