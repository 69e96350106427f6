import { digest } from "../session_secrets.ts";

/** What the browser says of a ceremony, and the authenticator signs (WebAuthn section 5.8.1). Nobody has checked it yet. */
export interface ClientData {
  /** As it stands there: base64url. */
  readonly challenge: string;
  /** sha256 of the challenge's bytes: what the database knows it by. */
  readonly digest: Buffer;
  /** Whether the page stands within one of another origin. */
  readonly crossOrigin: boolean;
}

/** Reads it; what cannot be read has the challenge of nobody. @param encoded JSON in base64url */
export function readClientData(encoded: string): ClientData {
  let read: { challenge?: unknown; crossOrigin?: unknown } | null = null;
  try {
    read = JSON.parse(Buffer.from(encoded, "base64url").toString());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const challenge = typeof read?.challenge === "string" ? read.challenge : "";
  return {
    challenge,
    digest: digest(Buffer.from(challenge, "base64url")),
    crossOrigin: read?.crossOrigin !== undefined && read.crossOrigin !== false,
  };
}
