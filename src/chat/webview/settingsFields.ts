import * as v from "valibot";
import { type ConversationSettings, conversationSettingsSchema, defaultSampling } from "../core/conversationSettings";
import type { WebviewTexts } from "../core/webviewTexts";

/** The settings that are numbers. */
export type NumberName = Exclude<keyof ConversationSettings, "systemPrompt" | "useInstructions" | "tools">;

export interface NumberField {
  readonly name: NumberName;
  /** llama.cpp's own name; it is the same in every language. */
  readonly term: string;
  /** What it does, for somebody who does not know the term. */
  readonly hint: keyof WebviewTexts;
  readonly step: string;
  /** What counts where nothing is said; undefined: it is decided elsewhere, and the hint says how. */
  readonly standard: number | undefined;
}

export const numberFields: readonly NumberField[] = [
  {
    name: "temperature",
    term: "temperature",
    hint: "hintTemperature",
    step: "0.1",
    standard: defaultSampling.temperature,
  },
  { name: "topK", term: "top-k", hint: "hintTopK", step: "1", standard: defaultSampling.topK },
  { name: "topP", term: "top-p", hint: "hintTopP", step: "0.05", standard: defaultSampling.topP },
  { name: "minP", term: "min-p", hint: "hintMinP", step: "0.01", standard: defaultSampling.minP },
  {
    name: "repeatPenalty",
    term: "repeat penalty",
    hint: "hintRepeatPenalty",
    step: "0.05",
    standard: defaultSampling.repeatPenalty,
  },
  {
    name: "repeatLastTokens",
    term: "repeat last n",
    hint: "hintRepeatLastTokens",
    step: "1",
    standard: defaultSampling.repeatLastTokens,
  },
  {
    name: "dryStrength",
    term: "DRY multiplier",
    hint: "hintDry",
    step: "0.1",
    standard: defaultSampling.dryStrength,
  },
  { name: "dryBase", term: "DRY base", hint: "hintDryBase", step: "0.05", standard: defaultSampling.dryBase },
  {
    name: "dryAllowedLength",
    term: "DRY allowed length",
    hint: "hintDryAllowedLength",
    step: "1",
    standard: defaultSampling.dryAllowedLength,
  },
  { name: "seed", term: "seed", hint: "hintSeed", step: "1", standard: undefined },
  { name: "maxTokens", term: "max tokens", hint: "hintMaxTokens", step: "1", standard: undefined },
  { name: "reasoningBudget", term: "reasoning budget", hint: "hintReasoning", step: "1", standard: undefined },
];

/** What was typed, as a value; empty is the default. */
export type Typed = { readonly ok: true; readonly value: number | undefined } | { readonly ok: false };

/** Checks what was typed into a number's box by the same rules that the host checks it by. */
export function parseNumber(name: NumberName, typed: string): Typed {
  if (typed.trim() === "") return { ok: true, value: undefined };
  const parsed = v.safeParse(conversationSettingsSchema.entries[name], Number(typed));
  return parsed.success ? { ok: true, value: parsed.output } : { ok: false };
}

/** The bounds as the schema has them, for the box and for the words beside it. */
export function boundsOf(name: NumberName): { readonly least: number; readonly most: number } {
  let least = -Infinity;
  let most = Infinity;
  for (const step of conversationSettingsSchema.entries[name].wrapped.pipe) {
    if (step.type === "min_value") least = step.requirement;
    if (step.type === "max_value") most = step.requirement;
  }
  return { least, most };
}
