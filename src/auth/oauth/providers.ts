import type { Config } from "../../config.ts";
import { github } from "./github.ts";
import { openIdConnect } from "./openid_connect.ts";
import type { Provider } from "./provider.ts";

/** Everybody who may sign people in here, by their id. */
export function openProviders({ oauth }: Pick<Config, "oauth">): ReadonlyMap<string, Provider> {
  const providers = [
    ...(oauth.github ? [github(oauth.github)] : []),
    ...oauth.oidc.map((settings) => openIdConnect(settings)),
  ];
  return new Map(providers.map((provider) => [provider.id, provider]));
}
