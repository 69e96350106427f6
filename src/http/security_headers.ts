import type { Middleware } from "koa";
import helmet from "koa-helmet";

/**
 * Security headers. Answers are data, so by default nothing may be loaded, framed or run; the explorer is a
 * page with scripts and gets the looser policy it needs, and only where it is served at all.
 */
export function securityHeaders(config: { environment: string; graphiql: boolean }): Middleware {
  const shared = {
    strictTransportSecurity:
      config.environment === "production" ? { maxAge: 63_072_000, includeSubDomains: true } : false,
    referrerPolicy: { policy: "no-referrer" },
    xFrameOptions: { action: "deny" },
  } as const;
  const strict = helmet({
    ...shared,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
  });
  const explorer = helmet({
    ...shared,
    // Ruru starts from inline scripts and styles, and its editor works in a blob: worker.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'unsafe-inline'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'", "data:"],
        workerSrc: ["'self'", "blob:"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
  });
  const pages = /^\/(graphiql|ruru-static)(\/|$)/;
  return (ctx, next) => (config.graphiql && pages.test(ctx.path) ? explorer : strict)(ctx, next);
}
