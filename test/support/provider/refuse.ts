import type { Answering } from "../provider.ts";

/** Refuses where the model's name says so, chat and embeddings alike. Whether it did. */
export function refuseAsTold({ request, response, provider, before }: Answering): boolean {
  const refuse = (status: number, error: object, headers: Record<string, string> = {}): true => {
    response
      .writeHead(status, { "Content-Type": "application/json", ...headers })
      .end(JSON.stringify({ error }));
    return true;
  };
  // Some providers quote the key that they were sent; what they say must go nowhere.
  const said = `You sent ${request.headers.authorization}; our database db-7.internal says no.`;
  const busy = { message: "Slow down.", type: "requests", code: "rate_limit_exceeded" };
  const broken = { message: said, type: "server_error", code: null };

  switch (request.model) {
    case "silent":
      return true;
    case "busy":
      return refuse(429, busy, { "Retry-After": "1" });
    case "busy-long":
      return refuse(429, busy, { "Retry-After": "3600" });
    case "busy-once":
      return before === 0 && refuse(429, busy, { "Retry-After-Ms": "5" });
    case "broken":
      return refuse(500, broken);
    case "broken-once":
      return before === 0 && refuse(500, broken, { "Retry-After-Ms": "5" });
    case "unauthorized":
      return refuse(401, { message: said, type: "invalid_request_error", code: "invalid_api_key" });
    case "too-long":
      return refuse(400, { message: said, type: "invalid_request_error", code: "context_length_exceeded" });
    case "html":
      response.writeHead(200, { "Content-Type": "text/html" }).end("<h1>Welcome to the hotel's network</h1>");
      return true;
    case "redirect":
      response.writeHead(307, { Location: "http://169.254.169.254/latest/meta-data/" }).end();
      return true;
    case "redirect-home":
      response.writeHead(307, { Location: `${provider.url}/elsewhere` }).end();
      return true;
    default:
      return false;
  }
}
