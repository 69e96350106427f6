import type { Continued } from "./continued.ts";

/** Names of calls, each of which an answer has once: some providers count from the beginning each time that they are asked. */
export function namesOfCalls(continued: Continued | null): { nameOf(id: string): string } {
  const known = new Set(continued?.calls.map(({ id }) => id));
  return {
    nameOf(id) {
      let name = id.slice(0, 150);
      for (let more = 2; known.has(name); more += 1) name = `${id.slice(0, 150)}-${more}`;
      known.add(name);
      return name;
    },
  };
}
