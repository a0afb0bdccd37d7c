import type { Feature } from "../backend";
import type { ContextOptions } from "../protocol";
import type { EngineSettings } from "./supervisor";

/** Which of a model's contexts a feature works in, and how large it is made on first use. */
export function contextOf(
  feature: Feature,
  settings: EngineSettings,
): [name: string, options: Omit<ContextOptions, "context">] {
  const threads = settings.threads > 0 ? { threads: settings.threads } : {};
  switch (feature) {
    case "chat":
    case "sql":
    case "action":
      // Made when the model loads; see mainContext.
      return ["main", {}];
    case "completion":
      // Two, since a prefetch of lower priority may hold one of them, paused.
      return ["completion", { contextSize: 4096, sequences: 2, ...threads }];
    case "benchmark":
      return ["benchmark", { contextSize: 4096, ...threads }];
    case "index":
      return ["index", { contextSize: 2048, ...threads }];
  }
}
