import type { Middleware } from "koa";
import { openApi } from "../contract/openapi.ts";
import { OPERATIONS } from "../contract/operations.ts";

/** `GET /openapi.json`: the REST calls as OpenAPI 3.1 describes them. */
export function openApiDocument(): Middleware {
  // Made when somebody asks for it: most processes are never asked.
  let document: string | undefined;
  return (ctx) => {
    document ??= JSON.stringify(openApi(OPERATIONS));
    ctx.set("Cache-Control", "public, max-age=300");
    ctx.type = "application/json";
    ctx.body = document;
  };
}
