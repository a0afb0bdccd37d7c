import path from "node:path";
import { parseArgs } from "node:util";
import { EmbeddedEngine } from "../src/engine/client/embeddedEngine";
import { ModelRegistry } from "../src/models/node/modelRegistry";
import { toPaddockError } from "../src/platform/core/errors";
import { formatBackend, formatBytes, formatMilliseconds, formatRate } from "../src/platform/core/format";
import { silentLogger } from "../src/platform/core/logger";
import { defaultSettings } from "../src/platform/core/settings";
import { TimingHistory } from "../src/speed/core/timingHistory";

/** The product's own path from a question to its figures, without an editor. */
async function demo(): Promise<void> {
  const { values } = parseArgs({
    options: { prompt: { type: "string" }, model: { type: "string" }, "max-tokens": { type: "string" } },
  });
  const registry = await ModelRegistry.open(path.resolve("media/models"));
  const model = registry.fromSetting(values.model === undefined ? "" : path.resolve(values.model));
  const prompt = values.prompt ?? "Write a short poem about a llama in a paddock.";
  const timings = new TimingHistory();
  const engine = new EmbeddedEngine({
    enginePath: process.env.PADDOCK_ENGINE ?? path.resolve("dist/engine.mjs"),
    models: registry,
    timings,
    log: silentLogger,
    settings: () => ({
      gpu: defaultSettings["engine.gpu"],
      gpuLayers: defaultSettings["engine.gpuLayers"],
      threads: defaultSettings["engine.threads"],
      contextSize: defaultSettings["engine.contextSize"],
      idleUnloadMinutes: 0,
    }),
  });
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort());
  try {
    const began = performance.now();
    const loaded = await engine.load(model.id, abort.signal);
    const loadMs = performance.now() - began;
    console.log(
      `${model.displayName}, loaded in ${formatMilliseconds(loadMs)}. ${loaded.engine.backendReason}\n\n> ${prompt}\n`,
    );
    const { machine, stopReason } = await engine.chat(
      {
        messages: [{ role: "user", text: prompt }],
        sampling: { temperature: 0.7, topK: 40, topP: 0.95, seed: 7 },
        maxTokens: Number(values["max-tokens"] ?? 200),
      },
      {
        model: model.id,
        feature: "chat",
        priority: "chat",
        signal: abort.signal,
        onProgress: ({ text }) => void process.stdout.write(text ?? ""),
      },
    );
    const record = timings.all().at(-1);
    if (record === undefined) return;
    const { timings: t } = record;
    const rate = (value: number | null): string => (value === null ? "–" : formatRate(value));
    console.log(
      [
        "\n",
        `TTFT  ${t.ttft_ms === null ? "–" : formatMilliseconds(t.ttft_ms)}`,
        `pp    ${rate(t.prompt_per_second)}  (${t.prompt_n} tokens, ${t.cache_n} cached)`,
        `tg    ${rate(t.predicted_per_second)}  (${t.predicted_n} tokens, ${stopReason})`,
        t.itl_ms === null
          ? ""
          : `ITL   p50 ${formatMilliseconds(t.itl_ms.p50)}, p95 ${formatMilliseconds(t.itl_ms.p95)}, p99 ${formatMilliseconds(t.itl_ms.p99)}`,
        `      ${formatBackend(machine.backend)}, ${machine.threads} threads, ${formatBytes(machine.rssBytes)} resident, all measured`,
      ].join("\n"),
    );
  } finally {
    await engine.close();
  }
}

await demo().catch((error: unknown) => {
  const { message, remedy } = toPaddockError(error);
  console.error(remedy === undefined ? message : `${message} ${remedy}`);
  process.exitCode = 1;
});
