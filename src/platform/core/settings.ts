import * as v from "valibot";

/** A path, or what else names a model. */
const pathSchema = v.pipe(v.string(), v.trim(), v.maxLength(4096));

const serverSchema = v.object({
  name: v.optional(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100))),
  url: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(2000)),
});
const serversSchema = v.pipe(v.array(serverSchema), v.maxLength(100));

/**
 * The person's settings, checked. package.json declares the same defaults and bounds for the Settings editor, but a
 * settings file can hold anything, so what is read is validated here and a bad value falls back to its default.
 */
const settingSchemas = {
  model: pathSchema,
  "models.folder": pathSchema,
  "models.hubEndpoint": pathSchema,
  "models.extraFolders": v.pipe(v.array(pathSchema), v.maxLength(100)),
  servers: serversSchema,
  "engine.gpu": v.picklist(["auto", "cpu", "metal", "vulkan", "cuda"]),
  "engine.gpuLayers": v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
  "engine.threads": v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(512)),
  "engine.contextSize": v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_048_576)),
  "engine.idleUnloadMinutes": v.pipe(v.number(), v.minValue(0), v.maxValue(10_080)),
  "chat.maxTokens": v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(131_072)),
  "chat.reasoningBudget": v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(131_072))),
  "chat.useInstructions": v.boolean(),
  "chat.kvCacheDiskMegabytes": v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_048_576)),
  "completion.model": pathSchema,
  "completion.enabled": v.boolean(),
  "completion.languages": v.record(v.string(), v.boolean()),
  "completion.exclude": v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(1000))),
  "completion.deadlineMilliseconds": v.pipe(v.number(), v.integer(), v.minValue(50), v.maxValue(60_000)),
  "completion.maxTokens": v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(1024)),
  "completion.maxLines": v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
  "completion.leastProbability": v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  "completion.prefetch": v.boolean(),
  "actions.lightbulb": v.boolean(),
  "embedding.model": pathSchema,
  "sql.model": pathSchema,
  "sql.adapter": pathSchema,
  "sql.adapterScale": v.pipe(v.number(), v.minValue(0), v.maxValue(10)),
  "sql.adapterLayout": v.picklist(["chat", "schema-lines"]),
  "sql.maxRows": v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)),
  "sql.timeoutSeconds": v.pipe(v.number(), v.minValue(1), v.maxValue(3_600)),
  "sql.runAnswers": v.boolean(),
} as const;

export type SettingKey = keyof typeof settingSchemas;
export type Settings = { readonly [K in SettingKey]: v.InferOutput<(typeof settingSchemas)[K]> };

export const defaultSettings: Settings = {
  model: "",
  "models.folder": "",
  "models.hubEndpoint": "",
  "models.extraFolders": [],
  servers: [],
  "engine.gpu": "auto",
  "engine.gpuLayers": null,
  "engine.threads": 0,
  "engine.contextSize": 0,
  "engine.idleUnloadMinutes": 30,
  "chat.maxTokens": 1024,
  "chat.reasoningBudget": null,
  "chat.useInstructions": true,
  "chat.kvCacheDiskMegabytes": 1024,
  "completion.model": "",
  "completion.enabled": true,
  "completion.languages": { "*": true, plaintext: false, markdown: false, log: false },
  "completion.exclude": [],
  "completion.deadlineMilliseconds": 1000,
  "completion.maxTokens": 128,
  "completion.maxLines": 16,
  "completion.leastProbability": 0.15,
  "completion.prefetch": true,
  "actions.lightbulb": true,
  "embedding.model": "",
  "sql.model": "",
  "sql.adapter": "",
  "sql.adapterScale": 1,
  "sql.adapterLayout": "chat",
  "sql.maxRows": 10_000,
  "sql.timeoutSeconds": 30,
  "sql.runAnswers": true,
};

export const settingKeys = Object.keys(settingSchemas) as SettingKey[];

/**
 * @param read the raw value of a key (without the "paddock." prefix), undefined when unset.
 * @param onProblem a sentence for each value that was refused.
 */
export function parseSettings(read: (key: SettingKey) => unknown, onProblem: (problem: string) => void): Settings {
  const take = <K extends SettingKey>(key: K): Settings[K] => {
    const raw = read(key);
    if (raw === undefined) return defaultSettings[key];
    const parsed = v.safeParse(settingSchemas[key], raw);
    if (parsed.success) return parsed.output as Settings[K];
    onProblem(`The setting paddock.${key} is not usable (${parsed.issues[0].message}); its default is used.`);
    return defaultSettings[key];
  };
  return {
    model: take("model"),
    "models.folder": take("models.folder"),
    "models.hubEndpoint": take("models.hubEndpoint"),
    "models.extraFolders": take("models.extraFolders"),
    servers: take("servers"),
    "engine.gpu": take("engine.gpu"),
    "engine.gpuLayers": take("engine.gpuLayers"),
    "engine.threads": take("engine.threads"),
    "engine.contextSize": take("engine.contextSize"),
    "engine.idleUnloadMinutes": take("engine.idleUnloadMinutes"),
    "chat.maxTokens": take("chat.maxTokens"),
    "chat.reasoningBudget": take("chat.reasoningBudget"),
    "chat.useInstructions": take("chat.useInstructions"),
    "chat.kvCacheDiskMegabytes": take("chat.kvCacheDiskMegabytes"),
    "completion.model": take("completion.model"),
    "completion.enabled": take("completion.enabled"),
    "completion.languages": take("completion.languages"),
    "completion.exclude": take("completion.exclude"),
    "completion.deadlineMilliseconds": take("completion.deadlineMilliseconds"),
    "completion.maxTokens": take("completion.maxTokens"),
    "completion.maxLines": take("completion.maxLines"),
    "completion.leastProbability": take("completion.leastProbability"),
    "completion.prefetch": take("completion.prefetch"),
    "actions.lightbulb": take("actions.lightbulb"),
    "embedding.model": take("embedding.model"),
    "sql.model": take("sql.model"),
    "sql.adapter": take("sql.adapter"),
    "sql.adapterScale": take("sql.adapterScale"),
    "sql.adapterLayout": take("sql.adapterLayout"),
    "sql.maxRows": take("sql.maxRows"),
    "sql.timeoutSeconds": take("sql.timeoutSeconds"),
    "sql.runAnswers": take("sql.runAnswers"),
  };
}
