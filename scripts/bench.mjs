// npm run bench:NAME: builds and runs test/bench/NAME.bench.ts; further options go to it (--json FILE).
import { ensureInstalled, main } from "./setup.mjs";

await main(async () => {
  await ensureInstalled(import.meta.url);
  const [name] = process.argv.splice(2, 1);
  const { build } = await import("./build.mjs");
  const { runTypeScript } = await import("./runTypeScript.mjs");
  // The chat's figures come from the whole extension in the editor, too.
  await build(name === "chat" ? {} : { only: name === "picker" ? ["engine", "quantizer"] : ["engine"] });
  await runTypeScript(`test/bench/${name}.bench.ts`);
});
