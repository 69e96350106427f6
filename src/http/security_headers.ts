import type { Context, Middleware } from "koa";
import helmet from "koa-helmet";

/**
 * Security headers. Answers are data, and the few pages have their scripts and styles in files of ours, so nothing else may
 * be loaded, framed or run. The explorer's page writes a policy of its own (src/graphql/explorer).
 */
export function securityHeaders(config: { environment: string }): Middleware {
  const headers = written(
    helmet({
      strictTransportSecurity:
        config.environment === "production" ? { maxAge: 63_072_000, includeSubDomains: true } : false,
      referrerPolicy: { policy: "no-referrer" },
      xFrameOptions: { action: "deny" },
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
    }),
  );
  return (ctx, next) => {
    ctx.res.setHeaders(headers);
    return next();
  };
}

/** The headers that helmet writes, which are the same for every request: it is asked once. */
function written(write: ReturnType<typeof helmet>): Map<string, string> {
  const headers = new Map<string, string>();
  const res = {
    setHeader: (name: string, value: string) => void headers.set(name, value),
    removeHeader: () => {},
  };
  write({ req: {}, res, state: {} } as unknown as Context, async () => {});
  if (headers.size === 0) throw new Error("helmet wrote no headers");
  return headers;
}
