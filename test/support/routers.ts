import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../src/database/migrations.ts";

const folder = join(projectRoot, "src/http/routers");

/** The code that says which route is where, each call on one line: `.post("/auth/login"`. */
export const routersSource: string = readdirSync(folder)
  .map((file) => readFileSync(join(folder, file), "utf8"))
  .join("\n")
  .replaceAll(/\(\s+/g, "(");
