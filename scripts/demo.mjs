// npm run demo: one answer of a model on this machine, streamed to the terminal, with its timings.
//   npm run demo [-- --prompt TEXT] [--model FILE.gguf] [--max-tokens N]
import { ensureInstalled, main } from "./setup.mjs";

await main(async () => {
  await ensureInstalled(import.meta.url);
  const { build } = await import("./build.mjs");
  const { runTypeScript } = await import("./runTypeScript.mjs");
  await build({ only: ["engine"] });
  await runTypeScript("scripts/demo.ts");
});
