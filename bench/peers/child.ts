import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ownProcesses } from "../../src/database/own_processes.ts";

/** A process of the bench that answers one question at a time. */
export interface Child {
  readonly pid: number;
  /** @throws what the process says went wrong, or that it ended */
  ask<Answer>(question: unknown): Promise<Answer>;
  close(): Promise<void>;
}

type Reply = { readonly answer: unknown } | { readonly problem: string };

/**
 * Starts a script of ours, whose output goes to a file.
 *
 * @param environment what it is told; nothing of our own environment, so that all runs are alike. Everybody runs in
 *   production mode
 */
export function startChild(script: URL, output: string, environment: Record<string, string> = {}): Child {
  const file = openSync(output, "a");
  const child = fork(fileURLToPath(script), {
    stdio: ["ignore", file, file, "ipc"],
    env: { PATH: process.env.PATH, NODE_ENV: "production", GRAPHILE_ENV: "production", ...environment },
  });
  closeSync(file);
  const gone = once(child, "exit");
  const own = {
    async stop() {
      child.kill("SIGKILL");
      await gone;
    },
  };
  ownProcesses.add(own);
  void gone.then(() => ownProcesses.delete(own));
  return {
    pid: child.pid!,
    async ask<Answer>(question: unknown) {
      child.send(question as object);
      const reply = await Promise.race([
        once(child, "message").then(([message]) => message as Reply),
        gone.then(([code, signal]): Reply => {
          const end = readFileSync(output, "utf8").trimEnd().split("\n").slice(-15).join("\n");
          return { problem: `${fileURLToPath(script)} ended (${signal ?? `code ${code}`}):\n${end}` };
        }),
      ]);
      if ("problem" in reply) throw new Error(reply.problem);
      return reply.answer as Answer;
    },
    async close() {
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

/** In the child: answers each question, and ends with whoever asks. */
export function answerParent<Question>(answer: (question: Question) => Promise<unknown>): void {
  process.on("message", async (question: Question) => {
    let reply: Reply;
    try {
      reply = { answer: await answer(question) };
    } catch (error) {
      console.error(error);
      reply = { problem: error instanceof Error ? error.message : String(error) };
    }
    process.send?.(reply);
  });
  process.once("disconnect", () => process.exit());
  // Ctrl-C reaches everybody in the terminal; the parent decides.
  process.on("SIGINT", () => {});
}
