import { Resolver } from "node:dns/promises";

/**
 * The TXT records of a name, each as one text; none where the name has none.
 *
 * @throws if the DNS does not answer: that says nothing about the name
 */
export type ResolveTxt = (name: string) => Promise<readonly string[]>;

/** Milliseconds that a name server has, twice. */
const PATIENCE = 3_000;

/** Asks the name servers of the machine. */
export const resolveTxt: ResolveTxt = async (name) => {
  const resolver = new Resolver({ timeout: PATIENCE, tries: 2 });
  try {
    return (await resolver.resolveTxt(name)).map((parts) => parts.join(""));
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOTFOUND" || code === "ENODATA") return [];
    throw error;
  }
};
