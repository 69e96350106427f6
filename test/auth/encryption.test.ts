import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CannotDecrypt, decrypt, encrypt, masterKeys } from "../../src/auth/encryption.ts";

const [a, b] = [randomBytes(32), randomBytes(32)];
const keys = masterKeys({ masterKey: a, previousMasterKey: null });

describe("an envelope", () => {
  test("opens with the key and the purpose it was made for", () => {
    expect(decrypt(keys, encrypt(keys, "a secret", "seed 1"), "seed 1").toString()).toBe("a secret");
  });

  test("is another one each time", () => {
    expect(encrypt(keys, "a secret", "seed 1")).not.toBe(encrypt(keys, "a secret", "seed 1"));
  });

  test("opens after a rotation, but only while the previous key is known", () => {
    const envelope = encrypt(keys, "a secret", "seed 1");
    const rotated = masterKeys({ masterKey: b, previousMasterKey: a });
    expect(decrypt(rotated, envelope, "seed 1").toString()).toBe("a secret");
    expect(() => decrypt(keys, encrypt(rotated, "new", "seed 1"), "seed 1")).toThrow(CannotDecrypt);
    const later = masterKeys({ masterKey: b, previousMasterKey: null });
    expect(() => decrypt(later, envelope, "seed 1")).toThrow(CannotDecrypt);
  });

  test("does not open elsewhere, or with any of its bytes altered", () => {
    const envelope = encrypt(keys, "a secret", "seed 1");
    expect(() => decrypt(keys, envelope, "seed 2")).toThrow(CannotDecrypt);
    const parts = envelope.split(".");
    for (const [index, part] of parts.entries()) {
      const bytes = Buffer.from(part, "base64url");
      for (let at = 0; at < bytes.length; at++) {
        const copy = Buffer.from(bytes);
        copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
        const altered = parts.with(index, index === 0 ? copy.toString("utf8") : copy.toString("base64url"));
        expect(() => decrypt(keys, altered.join("."), "seed 1")).toThrow(CannotDecrypt);
      }
    }
    for (const broken of ["", "v1", "v1..", "v1.AAAAAA.AAAA.AAAA", parts.slice(0, 3).join(".")]) {
      expect(() => decrypt(keys, broken, "seed 1")).toThrow(CannotDecrypt);
    }
  });
});
