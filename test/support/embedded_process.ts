// A process that does nothing but run an embedded server: `node embedded_process.ts <state folder>`.
// Prints its connection string when it is ready, stops on SIGTERM.
import { startEmbedded } from "../../src/database/embedded.ts";

const server = await startEmbedded({ stateDir: process.argv[2] ?? "", durable: true });
process.once("SIGTERM", () => server.stop());
console.log(server.adminUrl);
