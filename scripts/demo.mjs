// npm run demo: one answer of a model on this machine, streamed to the terminal, with its timings.
//   npm run demo [-- --prompt TEXT] [--model FILE.gguf] [--max-tokens N]
import path from "node:path";
import { ensureInstalled, main } from "./setup.mjs";

await main(async () => {
  await ensureInstalled(import.meta.url);
  const { runnable } = await import("./package/runnable.mjs");
  const { runTypeScript } = await import("./runTypeScript.mjs");
  process.env.PADDOCK_ENGINE = path.join(await runnable({ only: ["engine"] }), "dist/engine.mjs");
  await runTypeScript("scripts/demo.ts");
});
