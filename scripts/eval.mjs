// npm run eval:NAME: builds and runs test/eval/NAME.eval.ts; further options go to it (--json FILE).
import { ensureInstalled, main } from "./setup.mjs";

await main(async () => {
  await ensureInstalled(import.meta.url);
  const [name] = process.argv.splice(2, 1);
  const { build } = await import("./build.mjs");
  const { runTypeScript } = await import("./runTypeScript.mjs");
  await build({ only: name === "sql" ? ["engine", "database"] : ["engine"] });
  await runTypeScript(`test/eval/${name}.eval.ts`);
});
