import Router from "@koa/router";
import type { RequestState } from "../request_facts.ts";
import { createDocument } from "../routes/documents/create.ts";
import { downloadDocument } from "../routes/documents/download.ts";
import { replaceDocument } from "../routes/documents/replace.ts";
import { answers } from "../routing.ts";
import { limitAtOnce } from "../upload/at_once.ts";
import { EXACT, type Parts } from "./parts.ts";

/** The bytes of documents, which GraphQL has no good way for; everything else about them is GraphQL's. */
export function documents({ library, readings, config, app, masterKeys, log }: Parts): Router<RequestState> {
  const json = answers("application/json");
  const { maxBytes } = config.documents;
  const atOnce = limitAtOnce();
  const attempts = { pool: app, keys: masterKeys, log };
  return new Router<RequestState>(EXACT)
    .post("/documents", json, createDocument(library, maxBytes, atOnce, attempts))
    .put("/documents/:id/content", json, replaceDocument(library, maxBytes, atOnce))
    .get("/documents/:id/content", downloadDocument(library, readings));
}
