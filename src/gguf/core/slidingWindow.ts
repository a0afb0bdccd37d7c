import type { ModelMetadata } from "./modelMetadata";

/**
 * Layers that are a period apart look at everything, the others no further back than the window: what llama.cpp knows of
 * an architecture where the file does not say it (`load_swa_pattern` of src/models). "first": the period begins with
 * the layer that looks at everything; else it ends with it.
 */
const periods: Readonly<Record<string, { readonly period: number; readonly full?: "first" }>> = {
  gemma2: { period: 2 },
  "gpt-oss": { period: 2 },
  "modern-bert": { period: 3, full: "first" },
  cohere2: { period: 4 },
  olmo2: { period: 4 },
  exaone4: { period: 4 },
  "exaone-moe": { period: 4 },
  afmoe: { period: 4 },
  mellum: { period: 4 },
  "muse-glimmer": { period: 4 },
  laguna: { period: 4, full: "first" },
  smallthinker: { period: 4, full: "first" },
  cohere2moe: { period: 4, full: "first" },
  gemma3n: { period: 5 },
  gemma3: { period: 6 },
  "gemma-embedding": { period: 6 },
  plamo3: { period: 8 },
};
const MOST = 0xffff_ffff;

/**
 * Which layers, from 0, look back no further than the model's window. None where neither the file nor llama.cpp says
 * which: some files name a window that llama.cpp pays no heed to (Phi-3).
 * @throws GgufError damaged: the pattern is not of whole numbers.
 */
export function windowedLayers(model: ModelMetadata): (layer: number) => boolean {
  const given = model.counts("attention.sliding_window_pattern", MOST);
  const known = periods[model.architecture];
  // One for each layer: 1 where it has the window.
  if (given !== undefined && given.length !== 1) return (layer) => (given[layer] ?? 0) !== 0;
  const period = given?.[0] ?? known?.period;
  if (period === undefined) return () => false;
  // A period of 0: there is no layer that looks at everything.
  if (period === 0) return () => true;
  const full = known?.full === "first" ? 0 : period - 1;
  return (layer) => layer % period !== full;
}
