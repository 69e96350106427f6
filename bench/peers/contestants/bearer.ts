import { importJWK, type JWK, jwtVerify } from "jose";

/** Who a token says it is; it was signed by the key, for this issuer. */
export interface Bearer {
  readonly userId: string;
  readonly tenantId: string;
}

/**
 * Checks `Authorization: Bearer` as jose's documentation has it, once for each request.
 *
 * @throws if there is no good token
 */
export async function bearerCheck(
  publicJwk: JWK,
  issuer: string,
): Promise<(authorization: string | undefined) => Promise<Bearer>> {
  const key = await importJWK(publicJwk, "EdDSA");
  return async (authorization = "") => {
    const { payload } = await jwtVerify(authorization.replace(/^Bearer /, ""), key, {
      algorithms: ["EdDSA"],
      issuer,
      audience: issuer,
      typ: "at+jwt",
    });
    return { userId: String(payload.sub), tenantId: String(payload.tid) };
  };
}
