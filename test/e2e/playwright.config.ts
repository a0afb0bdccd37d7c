import { defineConfig } from "@playwright/test";
import { chromiumFlags } from "../support/chromium";

export default defineConfig({
  testDir: ".",
  globalSetup: "./globalSetup.ts",
  outputDir: "../../test-results/e2e",
  timeout: 240_000,
  workers: 1,
  use: {
    launchOptions: { executablePath: process.env.PADDOCK_CHROMIUM ?? "/usr/bin/chromium", args: chromiumFlags },
  },
});
