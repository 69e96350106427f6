import { join } from "node:path";
import { defineConfig } from "vitest/config";

// What Node compiles is kept: each test file and each command that is tried is a process of its own, and begins in half the time.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules", ".cache", "node");

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global_setup.ts"],
    // Each file clones a database of its own: files run in parallel, and in any order.
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
