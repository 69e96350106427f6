import { Problem } from "../../problem.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The document that the path names. @throws {Problem} 404 `not_found` for what can be nobody's key */
export function idIn({ id }: { id?: unknown }): string {
  if (typeof id !== "string" || !UUID.test(id)) throw noDocument();
  return id;
}

/** The same whether it is not there or not theirs. */
export function noDocument(): Problem {
  return new Problem(404, "not_found", "There is no such document that you may see.");
}
