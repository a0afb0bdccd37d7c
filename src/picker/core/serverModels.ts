import * as v from "valibot";
import type { Candidate, ToldFacts } from "./candidate";

/**
 * What servers say of their models, each in its own way; none says all, and what none says stays unknown. Their answers
 * are not trusted: what does not fit is left out, and names and numbers have bounds.
 */
const MOST_MODELS = 1000;
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(300));
const bytes = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));
const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e15));
/** A value that makes no sense is as good as none. */
const maybe = <T>(schema: v.GenericSchema<unknown, T>) => v.fallback(v.optional(schema), undefined);
const quantization = v.pipe(v.string(), v.minLength(1), v.maxLength(60));

/** OpenAI's list, with what llama-server adds (meta) and what vLLM adds. */
const openAiModel = v.object({
  id: name,
  max_model_len: maybe(count),
  meta: maybe(
    v.nullable(
      v.object({ n_params: maybe(count), size: maybe(bytes), n_ctx_train: maybe(count), ftype: maybe(quantization) }),
    ),
  ),
});
/** Ollama's. */
const ollamaModel = v.object({
  name,
  size: maybe(bytes),
  details: maybe(v.object({ parameter_size: maybe(v.string()), quantization_level: maybe(quantization) })),
});
/** LM Studio's. */
const lmStudioModel = v.object({
  id: name,
  type: maybe(v.string()),
  quantization: maybe(quantization),
  max_context_length: maybe(count),
});

const list = v.pipe(v.array(v.unknown()), v.maxLength(MOST_MODELS));
const dataSchema = v.object({ data: list });
const modelsSchema = v.object({ models: list });

/** One model, as one of its server's lists has it. */
export interface ServerModel extends ToldFacts {
  readonly id: string;
  readonly sizeBytes: number | undefined;
}

/** Where a server may have a list, below its address, and how it is read; undefined: it is no such list. */
export const serverLists: readonly {
  readonly path: string;
  readonly read: (answer: unknown) => readonly ServerModel[] | undefined;
}[] = [
  { path: "/v1/models", read: (answer) => items(dataSchema, answer, ({ data }) => data)?.flatMap(fromOpenAi) },
  { path: "/api/tags", read: (answer) => items(modelsSchema, answer, ({ models }) => models)?.flatMap(fromOllama) },
  { path: "/api/v0/models", read: (answer) => items(dataSchema, answer, ({ data }) => data)?.flatMap(fromLmStudio) },
];

function items<T>(schema: v.GenericSchema<unknown, T>, answer: unknown, of: (value: T) => unknown[]) {
  const parsed = v.safeParse(schema, answer);
  return parsed.success ? of(parsed.output) : undefined;
}

function fromOpenAi(item: unknown): ServerModel[] {
  const parsed = v.safeParse(openAiModel, item);
  if (!parsed.success) return [];
  const { id, meta, max_model_len } = parsed.output;
  return [
    {
      id,
      sizeBytes: meta?.size,
      quantization: meta?.ftype,
      parameters: meta?.n_params,
      contextSize: meta?.n_ctx_train ?? max_model_len,
    },
  ];
}

function fromOllama(item: unknown): ServerModel[] {
  const parsed = v.safeParse(ollamaModel, item);
  if (!parsed.success) return [];
  const { name: id, size, details } = parsed.output;
  return [
    {
      id,
      sizeBytes: size,
      quantization: details?.quantization_level,
      parameters: countOf(details?.parameter_size),
      contextSize: undefined,
    },
  ];
}

function fromLmStudio(item: unknown): ServerModel[] {
  const parsed = v.safeParse(lmStudioModel, item);
  // What makes vectors is no choice here.
  if (!parsed.success || parsed.output.type === "embeddings") return [];
  const { id, quantization: told, max_context_length } = parsed.output;
  return [{ id, sizeBytes: undefined, quantization: told, parameters: undefined, contextSize: max_context_length }];
}

/** Of "7.6B" 7.6e9. */
function countOf(text: string | undefined): number | undefined {
  const [, number, unit] = /^(\d{1,6}(?:\.\d{1,6})?)\s?([KMBT])$/i.exec(text?.trim() ?? "") ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const factor = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 }[unit.toUpperCase()] ?? 1;
  return Number(number) * factor || undefined;
}

/** What all lists of a server say together: of each model the first that says something. */
export function mergeLists(lists: readonly (readonly ServerModel[])[]): ServerModel[] {
  const models = new Map<string, ServerModel>();
  for (const model of lists.flat()) {
    const known = models.get(model.id);
    models.set(model.id, {
      id: model.id,
      sizeBytes: known?.sizeBytes ?? model.sizeBytes,
      quantization: known?.quantization ?? model.quantization,
      parameters: known?.parameters ?? model.parameters,
      contextSize: known?.contextSize ?? model.contextSize,
    });
  }
  return [...models.values()].slice(0, MOST_MODELS);
}

/** @param server its address, as serverAddress has it. */
export function serverCandidate(server: string, model: ServerModel): Candidate {
  const { id, sizeBytes, quantization: told, parameters, contextSize } = model;
  return {
    id: `${server} ${id}`,
    name: id,
    origin: { kind: "server", server },
    sizeBytes,
    contents: undefined,
    problem: undefined,
    told: { quantization: told, parameters, contextSize },
  };
}
