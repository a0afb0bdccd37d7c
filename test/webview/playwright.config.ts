import { defineConfig } from "@playwright/test";
import { chromiumFlags } from "../support/chromium";

export default defineConfig({
  testDir: ".",
  outputDir: "../../test-results/webview",
  timeout: 60_000,
  workers: 1,
  use: {
    launchOptions: { executablePath: process.env.PADDOCK_CHROMIUM ?? "/usr/bin/chromium", args: chromiumFlags },
  },
});
