import os from "node:os";
import { defineConfig } from "vitest/config";

/**
 * One configuration for the layers that need no browser; scripts/test.mjs names the folder. Layers with real engines run
 * one file at a time: on few cores, engines side by side only measure each other. Databases wait more than they compute,
 * and how slow a statement is they tell by a yardstick.
 */
const realEngines = process.argv.some((argument) => /test\/(engine|package)/.test(argument));
const patient = realEngines || process.argv.some((argument) => argument.includes("test/database"));

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/{unit,engine,database,package}/**/*.test.ts"],
    fileParallelism: !realEngines,
    // A core for each file: Vitest by itself would leave one of them to whoever watches.
    maxWorkers: realEngines ? 1 : os.availableParallelism(),
    testTimeout: patient ? 120_000 : 20_000,
    hookTimeout: patient ? 120_000 : 20_000,
  },
});
