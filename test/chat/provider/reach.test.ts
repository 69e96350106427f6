import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Provider, startProvider } from "../../support/provider.ts";
import { outcomeOf, testProviders } from "../../support/providers.ts";

let provider: Provider;
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(() => provider.close());

const messages = [{ role: "user", content: "Hi" }] as const;
type Owner = "installation" | "tenant";

async function codeOf(
  baseUrl: string,
  owner: Owner,
  { internal = false, model = "ok", addresses = [] as string[][] } = {},
): Promise<string> {
  let asked = 0;
  const resolve = async () =>
    (addresses[Math.min(asked++, addresses.length - 1)] ?? []).map((address) => ({ address, family: 4 }));
  const reach = { internal, ports: [443], ...(addresses.length > 0 && { resolve }) };
  const endpoint = { baseUrl, apiKey: "k", owner };
  const providers = testProviders({ reach, retries: { attempts: 1 } });
  const answer = await outcomeOf(providers.streamAnswer({ endpoint, model, messages }));
  const embedded = await providers.embed({ endpoint, model, texts: ["hi"] }).then(
    () => "well",
    ({ code }) => code,
  );
  expect(embedded).toBe(answer.error?.code ?? "well");
  return embedded;
}

describe("an endpoint", () => {
  test.each([
    "https://127.0.0.1/v1",
    "https://2130706433/v1",
    "https://[::1]/v1",
    "https://[::ffff:127.0.0.1]/v1",
    "https://169.254.169.254/v1",
    "https://10.0.0.1/v1",
    "https://localhost/v1",
    "http://93.184.215.14/v1",
    "https://93.184.215.14:22/v1",
  ])("at %s is refused, whoever's it is", async (url) => {
    for (const owner of ["installation", "tenant"] as const)
      expect(await codeOf(url, owner)).toBe("model_address_refused");
  });

  test("of the installation may be inside of the network where the operator says so", async () => {
    expect(await codeOf(provider.url, "installation", { internal: true })).toBe("well");
  });

  test("of a tenant may not, whatever the operator says", async () => {
    expect(await codeOf(provider.url, "tenant", { internal: true })).toBe("model_address_refused");
    expect(provider.requests).toEqual([]);
  });

  test("whose name leads inside as well as out is refused", async () => {
    const addresses = [["93.184.215.14", "10.0.0.1"]];
    expect(await codeOf("https://models.example/v1", "tenant", { addresses })).toBe("model_address_refused");
  });

  test("whose name leads nowhere is refused the same, so that nobody learns our names", async () => {
    expect(await codeOf("https://models.example/v1", "tenant", { addresses: [[]] })).toBe(
      "model_address_refused",
    );
  });

  test("is asked where its name led when it was looked at, not where it leads a moment later", async () => {
    // Port of the test's provider, by a name that leads to this machine once and to nothing after that.
    const url = `http://models.example:${provider.port}/v1`;
    const addresses = [["127.0.0.1"], ["127.0.0.1"], ["10.255.255.1"]];
    expect(await codeOf(url, "installation", { internal: true, addresses })).toBe("well");
    expect(provider.requests.map(({ headers }) => headers.host)).toEqual([
      `models.example:${provider.port}`,
      `models.example:${provider.port}`,
    ]);
  });

  test.each(["redirect", "redirect-home"])("that leads elsewhere (%s) is not followed", async (model) => {
    expect(await codeOf(provider.url, "installation", { internal: true, model })).toBe("model_redirects");
    expect(provider.requests).toHaveLength(2);
  });
});
