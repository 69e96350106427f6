import { CODES, type Code } from "./codes.ts";

/** A refusal in the words of RFC 9457; thrown anywhere below `reportErrors`, which writes it out. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  /** The stable name of the refusal, in snake_case: what programs compare. */
  readonly code: Code;
  /** Header fields that go with it, such as Retry-After. */
  readonly headers: Readonly<Record<string, string>>;
  /** Members beyond those of RFC 9457, such as the field that was wrong. */
  readonly members: Readonly<Record<string, unknown>>;

  /** @param detail one sentence for a person: what was wrong with this request */
  constructor(
    status: number,
    code: Code,
    detail: string,
    more: {
      headers?: Record<string, string>;
      members?: Record<string, unknown>;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.members = more.members ?? {};
  }
}

/** 400 `invalid_input`, naming the field where there is one. */
export function invalidInput(detail: string, field?: string): Problem {
  return new Problem(400, "invalid_input", detail, { members: field === undefined ? {} : { field } });
}

/** 401 with the challenge of RFC 6750 section 3. */
export function unauthorized(
  code: Code,
  detail: string,
  cause?: unknown,
  members?: Record<string, unknown>,
): Problem {
  const challenge = `Bearer realm="rowhouse", error="invalid_token", error_description="${detail.replaceAll(/["\\]/g, "'")}"`;
  return new Problem(401, code, detail, { headers: { "WWW-Authenticate": challenge }, members, cause });
}

/** A refusal where the code's own sentence is all that there is to say. */
export function refusalOf(code: Code, cause?: unknown): Problem {
  const { status, happens } = CODES[code];
  return status === 401 ? unauthorized(code, happens, cause) : new Problem(status, code, happens, { cause });
}

/** 429 `too_many_attempts` or `too_many_requests`. @param seconds to wait */
export function tooMany(code: Code, detail: string, seconds: number): Problem {
  return new Problem(429, code, detail, {
    headers: { "Retry-After": String(seconds) },
    members: { retryAfter: seconds },
  });
}

/** 400 `weak_password`. @param why a sentence about the password. @param field which one it is in the body */
export function weakPassword(why: string, field = "password"): Problem {
  return new Problem(400, "weak_password", why, { members: { field } });
}
