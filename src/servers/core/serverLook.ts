import * as v from "valibot";
import type { ServerKind } from "./serverKinds";

/**
 * What a server says of itself and its models, each kind in its own way. Their answers are not trusted: what does not
 * fit is left out, and names and numbers have bounds.
 */
const MOST_MODELS = 1000;
const maybe = <T>(schema: v.GenericSchema<unknown, T>) => v.fallback(v.optional(schema), undefined);
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(300));
const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e9));
const list = v.pipe(v.array(v.unknown()), v.maxLength(MOST_MODELS));
const words = v.pipe(v.array(v.string()), v.maxLength(100));
const version = v.pipe(v.string(), v.minLength(1), v.maxLength(100));

/** Whether a model can do something; undefined: the server does not say. */
export interface ModelAbilities {
  readonly chat: boolean | undefined;
  readonly embed: boolean | undefined;
  readonly tools: boolean | undefined;
}

export interface ServerModel extends ModelAbilities {
  /** By which the server is asked for it; untrusted. */
  readonly name: string;
  /** Tokens of a prompt and its answer; undefined: the server does not say. */
  readonly contextSize: number | undefined;
}

export interface ServerLook {
  readonly kind: ServerKind;
  /** The program's version, as it says it. */
  readonly version: string | undefined;
  readonly models: readonly ServerModel[];
}

/** Where a server is looked at, below its address; all by GET, so that nothing is sent but the question. */
export const lookPaths = ["/v1/models", "/props", "/api/version", "/api/v0/models", "/version"] as const;
export type LookPath = (typeof lookPaths)[number];
/** JSON of those that answered with it. */
export type LookAnswers = Readonly<Partial<Record<LookPath, unknown>>>;

const openAiList = v.object({ data: list });
const openAiModel = v.object({
  id: name,
  owned_by: maybe(v.string()),
  max_model_len: maybe(size),
  meta: maybe(v.nullable(v.object({ n_ctx: maybe(size) }))),
});
const propsSchema = v.object({
  default_generation_settings: v.object({ n_ctx: maybe(size) }),
  build_info: maybe(version),
  chat_template_caps: maybe(v.object({ supports_tool_calls: maybe(v.boolean()) })),
});
const versionSchema = v.object({ version });
const lmStudioModel = v.object({
  id: name,
  type: maybe(v.string()),
  capabilities: maybe(words),
  loaded_context_length: maybe(size),
  max_context_length: maybe(size),
});

/** @returns undefined where nothing of it is a list of models. */
export function readLook(answers: LookAnswers): ServerLook | undefined {
  const listed = v.safeParse(openAiList, answers["/v1/models"]);
  const models = listed.success ? uniqueModels(listed.output.data.flatMap(fromOpenAi)) : undefined;
  const props = v.safeParse(propsSchema, answers["/props"]);
  if (models === undefined) return undefined;
  if (props.success) {
    const { build_info, default_generation_settings, chat_template_caps } = props.output;
    return {
      kind: "llama-server",
      version: build_info,
      models: models.map((model) => ({
        ...model,
        contextSize: default_generation_settings.n_ctx ?? model.contextSize,
        tools: chat_template_caps?.supports_tool_calls,
      })),
    };
  }
  const ollama = v.safeParse(versionSchema, answers["/api/version"]);
  if (ollama.success) return { kind: "ollama", version: ollama.output.version, models };
  const lmStudio = fromLmStudio(answers["/api/v0/models"]);
  if (lmStudio !== undefined) return { kind: "lm-studio", version: undefined, models: withDetails(models, lmStudio) };
  const told = v.safeParse(versionSchema, answers["/version"]);
  const isVllm = listed.success && listed.output.data.some((item) => ownerOf(item) === "vllm");
  return isVllm
    ? { kind: "vllm", version: told.success ? told.output.version : undefined, models }
    : { kind: "other", version: undefined, models };
}

function fromOpenAi(item: unknown): ServerModel[] {
  const parsed = v.safeParse(openAiModel, item);
  if (!parsed.success) return [];
  const { id, meta, max_model_len } = parsed.output;
  return [{ name: id, contextSize: meta?.n_ctx ?? max_model_len, chat: undefined, embed: undefined, tools: undefined }];
}

function ownerOf(item: unknown): string | undefined {
  const parsed = v.safeParse(openAiModel, item);
  return parsed.success ? parsed.output.owned_by : undefined;
}

function uniqueModels(models: readonly ServerModel[]): ServerModel[] {
  return [...new Map(models.map((model) => [model.name, model])).values()];
}

function fromLmStudio(answer: unknown): ReadonlyMap<string, ServerModel> | undefined {
  const parsed = v.safeParse(openAiList, answer);
  if (!parsed.success) return undefined;
  const models = parsed.output.data.flatMap((item): ServerModel[] => {
    const one = v.safeParse(lmStudioModel, item);
    if (!one.success) return [];
    const { id, type, capabilities, loaded_context_length, max_context_length } = one.output;
    const embeds = type === "embeddings";
    return [
      {
        name: id,
        // One that is not loaded is loaded with less than it could have, and nobody says with how much.
        contextSize: loaded_context_length ?? (max_context_length === undefined ? undefined : LM_STUDIO_DEFAULT),
        chat: type === undefined ? undefined : !embeds,
        embed: type === undefined ? undefined : embeds,
        tools: capabilities?.includes("tool_use"),
      },
    ];
  });
  return models.length === 0 ? undefined : new Map(models.map((model) => [model.name, model]));
}

/** Tokens of context that LM Studio loads a model with unless a person says otherwise. */
const LM_STUDIO_DEFAULT = 4096;

function withDetails(models: readonly ServerModel[], details: ReadonlyMap<string, ServerModel>): ServerModel[] {
  return models.map((model) => details.get(model.name) ?? model);
}

const ollamaShow = v.object({ capabilities: maybe(words), model_info: maybe(v.record(v.string(), v.unknown())) });
const ollamaLoaded = v.object({ models: list });
const ollamaLoadedModel = v.object({ name, context_length: maybe(size) });

/** Tokens of context that Ollama gives a model unless a person says otherwise; what is longer it cuts without a word. */
const OLLAMA_DEFAULT = 4096;

/**
 * What Ollama says of one model when asked for it alone.
 * @param show of /api/show. @param loaded of /api/ps.
 */
export function readOllamaModel(model: ServerModel, show: unknown, loaded: unknown): ServerModel {
  const shown = v.safeParse(ollamaShow, show);
  const running = v.safeParse(ollamaLoaded, loaded);
  const now = (running.success ? running.output.models : [])
    .map((item) => v.safeParse(ollamaLoadedModel, item))
    .find((item) => item.success && item.output.name === model.name);
  const can = shown.success ? shown.output.capabilities : undefined;
  return {
    name: model.name,
    contextSize: (now?.success === true ? now.output.context_length : undefined) ?? OLLAMA_DEFAULT,
    chat: can?.includes("completion"),
    embed: can?.includes("embedding"),
    tools: can?.includes("tools"),
  };
}
