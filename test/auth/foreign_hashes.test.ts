import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MOST, readForeignHash, UnusableHash } from "../../src/auth/foreign_hashes.ts";
import { needsRehash, verifyPassword } from "../../src/auth/passwords.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createPerson } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

// Made by the libraries themselves: passlib 1.7, argon2-cffi, bcrypt (Python), crypt(3) for 2y, and Django 5.2.
const password = "correct horse bättery";
const made: readonly (readonly [string, string])[] = [
  ["argon2id", "$argon2id$v=19$m=8192,t=2,p=2$c2FsdHNhbHRzYWx0$mS3pPpiGI1J1laY+jSznsgMHKOxL9oygf6jTd31huhE"],
  ["argon2i", "$argon2i$v=19$m=8192,t=2,p=2$c2FsdHNhbHRzYWx0$KCP/+C635MSZ4YLo26nA0zRFc4U3FBdXtQDrP9SDp2U"],
  ["argon2d", "$argon2d$v=19$m=8192,t=2,p=2$c2FsdHNhbHRzYWx0$XMv51B9anhLTfhXJS9591GqVhnmS4TKkHP7vNrBBhlU"],
  [
    "argon2i of before 2016",
    "$argon2i$v=16$m=8192,t=2,p=2$c2FsdHNhbHRzYWx0$cMQXgSsairXKkUziCG+z2BJb/hmJBy/Okbu7eI4hpEI",
  ],
  [
    "the same without its version",
    "$argon2i$m=8192,t=2,p=2$c2FsdHNhbHRzYWx0$cMQXgSsairXKkUziCG+z2BJb/hmJBy/Okbu7eI4hpEI",
  ],
  ["bcrypt 2a", "$2a$06$2HQEYCTielcAsRkYY1wllemmjOiigL5ccXGNZi8QGlQTY1A25rMF6"],
  ["bcrypt 2b", "$2b$06$T28ymm53sHHBqph24oa.DuL8lOBAJMC2J7Q0Ma.4KNTbkhWYOOcUm"],
  ["bcrypt 2y", "$2y$06$T28ymm53sHHBqph24oa.DuL8lOBAJMC2J7Q0Ma.4KNTbkhWYOOcUm"],
  ["scrypt", "$scrypt$ln=14,r=8,p=1$v/feu5dyzrmXktI6h7DWOg$en5abRi0PeXB136mi+D2pUB2mgFrEAOAaZ4SOfiXrXs"],
  [
    "PBKDF2 with SHA-256 of passlib",
    "$pbkdf2-sha256$29000$NmYMQag1JgSAEEKolRKi9A$Lj9edE.rH99WIr42XHsK2.tS453zNTiiQqkRzNn9QCE",
  ],
  [
    "PBKDF2 with SHA-512 of passlib",
    "$pbkdf2-sha512$25000$J0TofQ.BcA4hJEQoBcCY8w$l64Kr8kkqBH38Kdl6/y.QUSR4rxOHQNIGZMtx.PnF29l5DdVZNvZ1ql11WCiYMmBXwAfvCB6/4d7Jd3QKsLvpQ",
  ],
  ["PBKDF2 with SHA-1 of passlib", "$pbkdf2$131000$gdC6dw7h3JtzLgVAqJVSSg$lEFifZ0ZMrZipucoZaUi1ng3jZk"],
  [
    "PBKDF2 as a PHC string",
    "$pbkdf2-sha256$i=29000,l=32$NmYMQag1JgSAEEKolRKi9A$Lj9edE+rH99WIr42XHsK2+tS453zNTiiQqkRzNn9QCE",
  ],
  [
    "PBKDF2 with SHA-256 of Django",
    "pbkdf2_sha256$260000$lzKTcqfbCVnBqcRdcQ1K2u$QqKwzbcv4Wz2MEhXh7cHVa2aawb5A7DJk8x65kAqAzM=",
  ],
  ["PBKDF2 with SHA-1 of Django", "pbkdf2_sha1$260000$lzKTcqfbCVnBqcRdcQ1K2u$sNKWpVEo7yNZv0tK+1XaBUMoXfo="],
  [
    "scrypt of Django",
    "scrypt$16384$lzKTcqfbCVnBqcRdcQ1K2u$8$5$yENWELf7yDvqgFWkRbFNRXiVxayV5MWzrPnAq6/HXMfxOBDwVZzA0yrXQOfcZb/BQILTN4yQAmXM8/Ueg+kd6g==",
  ],
  [
    "argon2 of Django",
    "argon2$argon2id$v=19$m=8192,t=2,p=2$c2FsdHNhbHRzYWx0$mS3pPpiGI1J1laY+jSznsgMHKOxL9oygf6jTd31huhE",
  ],
  ["bcrypt of Django", "bcrypt$$2b$06$T28ymm53sHHBqph24oa.DuL8lOBAJMC2J7Q0Ma.4KNTbkhWYOOcUm"],
];

// Of the example in Firebase's own repository (github.com/firebase/scrypt).
const signer = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
const firebase = `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${signer}$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==`;

const base64 = (data: Buffer | string): string =>
  Buffer.from(data as string)
    .toString("base64")
    .replace(/=+$/, "");
const fromHex = (text: string): string => base64(Buffer.from(text, "hex"));

describe("a password", () => {
  test.each(made)("is known by a hash of %s, and another is not", async (_kind, written) => {
    const hash = readForeignHash(written);
    expect(await verifyPassword(hash, password)).toBe(true);
    expect(await verifyPassword(hash, `${password}.`)).toBe(false);
    expect(await verifyPassword(hash, "")).toBe(false);
    expect(needsRehash(hash)).toBe(true);
  });

  test("is known by Firebase's hash, of which the project's signer key is not kept", async () => {
    const hash = readForeignHash(firebase);
    expect(hash).not.toContain(base64(Buffer.from(signer, "base64")).slice(0, 20));
    expect(await verifyPassword(hash, "user1password")).toBe(true);
    expect(await verifyPassword(hash, "user2password")).toBe(false);
  });

  test.each([
    // RFC 6070, RFC 7914 sections 11 and 12.
    [
      "password",
      `$pbkdf2-sha1$i=4096$${base64("salt")}$${fromHex("4b007901b765489abead49d926f721d065a429c1")}`,
    ],
    [
      "Password",
      `$pbkdf2-sha256$i=80000$${base64("NaCl")}$${fromHex("4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d")}`,
    ],
    [
      "password",
      `$scrypt$ln=10,r=8,p=16$${base64("NaCl")}$${fromHex("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")}`,
    ],
  ])("is known by the vectors of the standards: %s", async (right, written) => {
    expect(await verifyPassword(readForeignHash(written), right)).toBe(true);
  });

  test("is tried as the keyboard sent it, too: the other system did not care for spellings", async () => {
    const decomposed = readForeignHash(
      "$pbkdf2-sha256$29000$6H2v1RojxDhnTEkpxVgrJQ$kvfXIzDvH6j3MPZ0kWtlrFrcG5m.FPFOCT.hl7iQHak",
    );
    expect(await verifyPassword(decomposed, password.normalize("NFD"))).toBe(true);
    // What was composed when it was hashed is found from either spelling.
    const composed = readForeignHash(made.find(([kind]) => kind === "scrypt")![1]);
    expect(await verifyPassword(composed, password.normalize("NFD"))).toBe(true);
  });

  test("is looked at by bcrypt up to its 72nd byte, as bcrypt does everywhere", async () => {
    const { hash } = await import("@node-rs/bcrypt");
    const long = readForeignHash(await hash("x".repeat(72), 4));
    expect(await verifyPassword(long, `${"x".repeat(72)}y`)).toBe(true);
    expect(await verifyPassword(long, `${"x".repeat(71)}y`)).toBe(false);
  });
});

const salt = base64("0123456789abcdef");
const hash = base64(createHash("sha256").update("any").digest());

test.each([
  ["bcrypt of cost 15", `$2b$15$${"a".repeat(53)}`],
  ["bcrypt of cost 31", `$2b$31$${"a".repeat(53)}`],
  ["argon2id with a gigabyte", `$argon2id$v=19$m=1048576,t=1,p=1$${salt}$${hash}`],
  ["argon2id with a thousand passes", `$argon2id$v=19$m=19456,t=1000,p=1$${salt}$${hash}`],
  ["argon2id with 255 lanes", `$argon2id$v=19$m=19456,t=1,p=255$${salt}$${hash}`],
  [
    "argon2 with more passes than numbers have",
    `$argon2i$v=19$m=64,t=99999999999999999999,p=1$${salt}$${hash}`,
  ],
  ["scrypt with a gigabyte", `$scrypt$ln=20,r=8,p=1$${salt}$${hash}`],
  ["scrypt of 2 to the millionth", `$scrypt$ln=1000000,r=8,p=1$${salt}$${hash}`],
  ["scrypt a thousand times over", `$scrypt$ln=14,r=8,p=1000$${salt}$${hash}`],
  ["scrypt of Django with a gigabyte", `scrypt$1048576$salt$8$1$${hash}`],
  ["Firebase's with a gigabyte", firebase.replace("n=14", "n=20")],
  ["PBKDF2 of ten million rounds", `$pbkdf2-sha256$i=10000000$${salt}$${hash}`],
  ["PBKDF2 of Django, of ten million rounds", `pbkdf2_sha256$10000000$saltsalt$${hash}=`],
])("a hash is refused that takes more than a login may cost: %s", (_what, written) => {
  expect(() => readForeignHash(written)).toThrow("takes more than a login may cost");
});

test.each([
  ["a plain password", "hunter2hunter2"],
  ["an MD5", createHash("md5").update("any").digest("hex")],
  ["crypt's SHA-512", `$6$saltsalt$${"a".repeat(86)}`],
  ["bcrypt of the broken 2x", `$2x$06$${"a".repeat(53)}`],
  ["bcrypt cut short", `$2b$06$${"a".repeat(52)}`],
  ["bcrypt of cost 3", `$2b$03$${"a".repeat(53)}`],
  ["argon2 of an unknown version", `$argon2id$v=18$m=64,t=1,p=1$${salt}$${hash}`],
  ["argon2 without a pass", `$argon2id$v=19$m=64,t=0,p=1$${salt}$${hash}`],
  ["argon2 with data of its own", `$argon2id$v=19$m=64,t=1,p=1,data=AAAA$${salt}$${hash}`],
  ["a hash of one byte, which a guess in 256 hits", `$pbkdf2-sha256$i=1000$${salt}$QQ`],
  ["a hash of nothing", `$pbkdf2-sha256$i=1000$${salt}$`],
  ["a salt of one byte", `$pbkdf2-sha256$i=1000$QQ$${hash}`],
  ["a hash of a kilobyte", `$pbkdf2-sha256$i=1000$${salt}$${base64(Buffer.alloc(1024))}`],
  ["no iterations", `$pbkdf2-sha256$i=0$${salt}$${hash}`],
  ["scrypt of no power of two", `scrypt$16000$saltsalt$8$1$${hash}`],
  ["another project's signer key", firebase.replace(`sk=${signer}`, "sk=AAAA")],
  ["more after it", `$2b$06$${"a".repeat(53)}\n`],
])("is refused as well: %s", (_what, written) => {
  expect(() => readForeignHash(written)).toThrow(UnusableHash);
});

test("the dearest hashes that are taken cost a login no more than some seconds, on a busy machine too", async () => {
  const { scrypt, pbkdf2Iterations } = MOST;
  expect(scrypt.bytes).toBeLessThanOrEqual(2 ** 28);
  for (const dearest of [
    `$2b$14$${"a".repeat(53)}`,
    `$argon2id$v=19$m=262144,t=4,p=1$${salt}$${hash}`,
    `$scrypt$ln=18,r=8,p=1$${salt}$${hash}`,
    `$pbkdf2-sha512$i=${pbkdf2Iterations}$${salt}$${hash}`,
  ]) {
    const start = performance.now();
    expect(await verifyPassword(readForeignHash(dearest), "any")).toBe(false);
    expect(performance.now() - start).toBeLessThan(10_000);
  }
}, 60_000);

describe("whoever was imported", () => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await createDatabase();
    server = await startTestServer(database);
  });
  afterAll(async () => {
    await server.close();
    await database.drop();
  });
  const hashOf = async (id: string) =>
    (await database.admin.query("select hash from auth.passwords where user_id = $1", [id])).rows[0].hash;
  async function imported(written: string) {
    const person = await createPerson(database);
    await database.admin.query("insert into auth.passwords (user_id, hash) values ($1, $2)", [
      person.userId,
      readForeignHash(written),
    ]);
    return person;
  }
  const logIn = (email: string, tried: string) => server.post("/auth/login", { email, password: tried });

  test.each(made.filter(([kind]) => !kind.includes("argon2id")))(
    "with a hash of %s signs in with the password of before, and has a hash of ours from then on",
    async (_kind, written) => {
      const { email, userId } = await imported(written);
      const before = await hashOf(userId);
      expect((await logIn(email, "a wrong one, and long")).status).toBe(401);
      expect(await hashOf(userId)).toBe(before);
      expect((await logIn(email, password)).status).toBe(200);
      const after = await hashOf(userId);
      expect(after).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect((await logIn(email, password)).status).toBe(200);
      expect(await hashOf(userId)).toBe(after);
    },
  );

  test("changes the password, knowing the one of before", async () => {
    const { email } = await imported(made[6]![1]);
    const { body } = await logIn(email, password);
    const changed = await server.post(
      "/auth/password/change",
      { current: password, new: "another one, rather long" },
      { Authorization: `Bearer ${body.access_token}` },
    );
    expect(changed.status).toBe(204);
    expect((await logIn(email, password)).status).toBe(401);
  });

  test("cannot have a hash in the database that nobody would check", async () => {
    const { userId } = await createPerson(database);
    for (const rubbish of ["", "plain", "$1$md5$hash", "$2x$06$a", `md5${"a".repeat(32)}`]) {
      await expect(
        database.admin.query("insert into auth.passwords (user_id, hash) values ($1, $2)", [userId, rubbish]),
      ).rejects.toMatchObject({ code: "23514" });
    }
  });
});
