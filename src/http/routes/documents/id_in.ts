import { isUuid } from "../../../uuid.ts";
import { Problem } from "../../problem.ts";

/** The document that the path names. @throws {Problem} 404 `not_found` for what can be nobody's key */
export function idIn({ id }: { id?: unknown }): string {
  if (typeof id !== "string" || !isUuid(id)) throw noDocument();
  return id;
}

/** The same whether it is not there or not theirs. */
export function noDocument(): Problem {
  return new Problem(404, "not_found", "There is no such document that you may see.");
}
