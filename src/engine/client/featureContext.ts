import type { Adapter, Feature } from "../backend";
import { DEFAULT_CONTEXT, SQL_CONTEXT } from "../contextDefaults";
import type { ContextOptions } from "../protocol";
import { contextTuning, type EngineTuning } from "../tuning";
import type { EngineSettings } from "./supervisor";

/**
 * Which of a model's contexts a feature works in, and how large it is made on first use. A feature that has adapters has
 * a context of its own, since they belong to the context; with other adapters it is another context.
 * @param tuning what was measured to be best for the model here; it comes before the settings, which are for all models.
 */
export function contextOf(
  feature: Feature,
  settings: EngineSettings,
  adapters: readonly Adapter[],
  tuning: EngineTuning = {},
): [name: string, options: Omit<ContextOptions, "context">] {
  const common = {
    ...(settings.threads > 0 ? { threads: settings.threads } : {}),
    ...contextTuning(tuning),
    ...(adapters.length > 0 ? { adapters: adapters.map(({ path, scale }) => ({ path, scale })) } : {}),
  };
  switch (feature) {
    case "sql":
      // One KV cache: the schema's part of the prompt is the same for every question on a database.
      return [adapted("sql", adapters), { contextSize: SQL_CONTEXT, sequences: 1, ...common }];
    case "chat":
    case "action":
      // Made when the model loads; see mainContext.
      if (adapters.length === 0) return ["main", {}];
      return [feature, { contextSize: settings.contextSize > 0 ? settings.contextSize : DEFAULT_CONTEXT, ...common }];
    case "completion":
      // Two, since a prefetch of lower priority may hold one of them, paused.
      return ["completion", { contextSize: 4096, sequences: 2, ...common }];
    case "benchmark":
      return ["benchmark", { contextSize: 4096, ...common }];
    case "index":
      return ["index", { contextSize: 2048, ...common }];
  }
}

function adapted(feature: Feature, adapters: readonly Adapter[]): string {
  return [feature, ...adapters.map(({ path, scale }) => `${path.slice(-60)} ${scale}`)].join(" ").slice(0, 100);
}
