import * as vscode from "vscode";
import type { EngineTuning } from "../../engine/tuning";
import type { PaddockError } from "../../platform/core/errors";
import { formatMilliseconds, formatPercent, formatRate, formatShare } from "../../platform/core/format";
import type { ErrorWords } from "../../platform/host/errorWords";
import { type Doubt, testName } from "../core/benchmark";
import type { BenchOutcome } from "../core/benchRun";
import type { Gain } from "../core/gain";
import type { VersionChange } from "../core/regressions";
import type { RequestRecord, TrendChange } from "../core/requestHistory";
import type { Explanation, PartName } from "../core/roofline";
import type { Metric } from "../core/speedContract";
import type { KvCacheOffer, LeftOut, LookupOffer } from "../core/tuneOffers";
import type { SpeedWords } from "../node/speedWords";
import type { TuneOutcome } from "../node/tuner";

export interface WordsDeps {
  readonly describeError: (error: PaddockError) => ErrorWords;
  /** As the person knows a model. */
  readonly modelName: (id: string) => string;
}

/** The desks' words in the person's language. */
export function speedWords({ describeError, modelName }: WordsDeps): SpeedWords {
  return {
    failure: describeError,
    busy: () => vscode.l10n.t("Something is measured already; two measurements would disturb each other."),
    doubt: doubtWords,
    regression: regressionWords,
    stopped: (outcome) => stoppedWords(outcome, describeError),
    interrupted: () =>
      vscode.l10n.t("The window was closed while the benchmark ran. What was measured until then is kept."),
    finished: (results) => vscode.l10n.t("The benchmark is finished: {0} results.", results),
    impossible: (count) =>
      vscode.l10n.t(
        "{0} combinations were left out: a KV cache whose values are below F16 needs flash attention.",
        count,
      ),
    failedSetup: (name, error) => vscode.l10n.t("{0}: {1}", name, describeError(error).message),
    loading: (name) => vscode.l10n.t("Loading {0}", name),
    measuring: (name, test) => vscode.l10n.t("{0}: {1}", name, testName(test)),
    probing: () => vscode.l10n.t("Measuring this machine"),
    explaining: (name) => vscode.l10n.t("Timing {0} and its parts", name),
    tuningOf: (name) => vscode.l10n.t("Tuning {0}", name),
    offering: (setting) => vscode.l10n.t("Measuring what {0} gains and costs", setting),
    probed: () => vscode.l10n.t("This machine is measured."),
    part: partName,
    explained: explainedWords,
    explainedModel: (name) => vscode.l10n.t("{0} is explained.", name),
    tuning: tuningWords,
    gain: gainWords,
    tuned: tunedWords,
    stoppedTuning: () => vscode.l10n.t("Tuning was stopped; nothing was changed."),
    kvOffer,
    lookupOffer,
    leftOut: leftOutWords,
    applied: (name) => vscode.l10n.t("{0} is tuned; it loads anew when it is idle.", name),
    undone: (name) => vscode.l10n.t("The tuning of {0} is undone.", name),
    model: modelName,
    feature: featureName,
    change: changeWords,
  };
}

function doubtWords(doubt: Doubt): string {
  switch (doubt.kind) {
    case "busy":
      return vscode.l10n.t("Other programs took {0} cores meanwhile.", doubt.cores.toFixed(1));
    case "variance":
      return vscode.l10n.t("Repetitions differ by {0} of their mean.", formatPercent(doubt.share));
    case "drift":
      return doubt.share < 0
        ? vscode.l10n.t("It got slower from repetition to repetition, by {0}: heat or a battery.", percent(doubt.share))
        : vscode.l10n.t("It got faster from repetition to repetition, by {0}.", percent(doubt.share));
    case "paused":
      return vscode.l10n.t("It waited {0} while you worked.", formatMilliseconds(doubt.ms));
    case "incomplete":
      return vscode.l10n.t("It was stopped after {0} repetitions.", doubt.made);
  }
}

function regressionWords({ before, after, rateBefore, rateAfter, change, error }: VersionChange): string {
  return vscode.l10n.t(
    "{0}, {1}: {2} slower (± {3}) with llama.cpp {4} than with {5}: {6} instead of {7}.",
    ...[after.model.fileName, testName(after.test), percent(change), percent(error)],
    ...[after.machine.llamaCppVersion, before.machine.llamaCppVersion, formatRate(rateAfter), formatRate(rateBefore)],
  );
}

function stoppedWords({ ended, error, results }: BenchOutcome, describe: WordsDeps["describeError"]): string {
  const kept = vscode.l10n.t("What was measured is kept: {0} results.", results.length);
  if (ended === "cancelled") return `${vscode.l10n.t("The benchmark was cancelled.")} ${kept}`;
  if (error === undefined) return kept;
  // The engine of a benchmark does not come back by itself: only the message is its own.
  return `${vscode.l10n.t("The benchmark was stopped: {0}", describe(error).message)} ${kept}`;
}

function partName(part: PartName, isPrompt: boolean): string {
  switch (part) {
    case "weights":
      return isPrompt ? vscode.l10n.t("Multiplying with the weights") : vscode.l10n.t("Reading the weights");
    case "kvCache":
      return isPrompt ? vscode.l10n.t("Attention over the KV cache") : vscode.l10n.t("Reading the KV cache");
    case "layers":
      return vscode.l10n.t("Layers beside their matrices: norms, rotations, joining threads");
    case "turns":
      return vscode.l10n.t("Taking turns: what each step finds in the caches after the others");
    case "threads":
      return vscode.l10n.t("Starting llama.cpp's threads");
    case "sampling":
      return vscode.l10n.t("Sampling");
    case "dispatch":
      return vscode.l10n.t("Contract and JavaScript");
  }
}

function explainedWords({ test, ofCeiling, ceiling, explainedShare }: Explanation): string {
  const explained = vscode.l10n.t("The parts explain {0} of the time.", formatPercent(explainedShare));
  if (ofCeiling === undefined || ceiling === undefined) return explained;
  const name = test.promptTokens > 0 ? "pp" : "tg";
  const share = formatShare(ofCeiling);
  const sentence =
    ceiling.boundBy === "memory"
      ? vscode.l10n.t("{0} is {1} of what this memory allows.", name, share)
      : vscode.l10n.t("{0} is {1} of what these cores can multiply.", name, share);
  return `${sentence} ${explained}`;
}

function tuningWords(tuning: EngineTuning): string {
  const { threads, poolThreads, batchSize, flashAttention, kvCacheKeyType, kvCacheValueType } = tuning;
  const { gpuLayers, useMmap, useMlock, lookupTokens } = tuning;
  const words = [
    threads === undefined ? "" : vscode.l10n.t("{0} threads", threads),
    poolThreads === undefined ? "" : vscode.l10n.t("{0} pool threads", poolThreads),
    batchSize === undefined ? "" : vscode.l10n.t("batch {0}", batchSize),
    flashAttention === undefined
      ? ""
      : flashAttention
        ? vscode.l10n.t("flash attention")
        : vscode.l10n.t("no flash attention"),
    kvCacheKeyType === undefined && kvCacheValueType === undefined
      ? ""
      : vscode.l10n.t("KV cache {0}", [...new Set([kvCacheKeyType ?? "F16", kvCacheValueType ?? "F16"])].join("/")),
    gpuLayers === undefined ? "" : vscode.l10n.t("{0} GPU layers", gpuLayers),
    useMmap === undefined ? "" : useMmap ? "mmap" : vscode.l10n.t("no mmap"),
    useMlock === true ? "mlock" : "",
    lookupTokens === undefined || lookupTokens === 0
      ? ""
      : vscode.l10n.t("{0} tokens guessed from the text", lookupTokens),
  ].filter((word) => word !== "");
  return words.length === 0 ? vscode.l10n.t("your settings") : words.join(", ");
}

/** "12% faster (95% interval: 9% to 15%)" */
function gainWords(gain: Gain | undefined): string {
  if (gain === undefined) return vscode.l10n.t("no pair was measured");
  const { ratio, low, high, pairs } = gain;
  const faster = signed(ratio - 1);
  if (pairs < 2) return vscode.l10n.t("{0}, of one pair", faster);
  return vscode.l10n.t("{0} (95% interval: {1} to {2}, {3} pairs)", faster, signed(low - 1), signed(high - 1), pairs);
}

function tunedWords({ tuning, gain, kvCache, lookup }: TuneOutcome): string {
  if (Object.keys(tuning).length > 0 && gain !== undefined)
    return vscode.l10n.t("{0}: {1}.", tuningWords(tuning), gainWords(gain.request));
  return kvCache.length > 0 || lookup !== undefined
    ? vscode.l10n.t("No gain over your settings can be told; what follows has its price.")
    : vscode.l10n.t("No gain over your settings can be told.");
}

function kvOffer({ token, depth, divergence }: KvCacheOffer): { gain: string; cost: string } {
  const { meanKld, meanKldError, sameTop } = divergence;
  return {
    gain: vscode.l10n.t("tg @ d{0}: {1}", depth, gainWords(token)),
    cost: vscode.l10n.t(
      "KL divergence {0} ± {1} nats, same top token {2}",
      ...[meanKld.toFixed(4), meanKldError.toFixed(4), formatPercent(sameTop)],
    ),
  };
}

function lookupOffer({ texts }: LookupOffer): { gain: string; cost: string } {
  const gains = texts.map(({ kind, token }) =>
    kind === "edit"
      ? vscode.l10n.t("Changing a text that is there: {0}.", gainWords(token))
      : vscode.l10n.t("Writing a new text: {0}.", gainWords(token)),
  );
  return { gain: gains.join(" "), cost: vscode.l10n.t("nothing: the text was the same to the last character") };
}

function leftOutWords({ setting, why, reason }: LeftOut): string {
  switch (why) {
    case "time":
      return vscode.l10n.t("There was no time left to measure {0}.", setting);
    case "text":
      return vscode.l10n.t("{0} is not offered: the text was another one.", setting);
    case "failed":
      return vscode.l10n.t("{0} is not offered: {1}", setting, reason ?? vscode.l10n.t("it could not be measured."));
  }
}

function featureName(feature: RequestRecord["feature"]): string {
  switch (feature) {
    case "chat":
      return vscode.l10n.t("chat");
    case "completion":
      return vscode.l10n.t("completions");
    case "sql":
      return vscode.l10n.t("databases");
    case "action":
      return vscode.l10n.t("actions");
    case "benchmark":
      return vscode.l10n.t("benchmarks");
    case "index":
      return vscode.l10n.t("index");
  }
}

const metricNames: Readonly<Record<Metric, string>> = {
  ...{ ttft: "TTFT", tpot: "TPOT", itl: "ITL", pp: "pp", tg: "tg" },
  ...{ prompt: "prompt_n", cached: "cache_n", generated: "predicted_n" },
};

function changeWords(metric: Metric, { since, before, after, factor }: TrendChange): string {
  const isRate = metric === "pp" || metric === "tg";
  const format = isRate ? formatRate : formatMilliseconds;
  const day = new Date(since).toLocaleDateString(vscode.env.language);
  const values = [format(before), format(after)];
  return factor > 1
    ? vscode.l10n.t(
        "Since {0}, {1} is {2} higher: {3} before, {4} now.",
        day,
        metricNames[metric],
        percent(factor - 1),
        ...values,
      )
    : vscode.l10n.t(
        "Since {0}, {1} is {2} lower: {3} before, {4} now.",
        day,
        metricNames[metric],
        percent(factor - 1),
        ...values,
      );
}

/** Without its sign. */
function percent(share: number): string {
  return `${(Math.abs(share) * 100).toFixed(Math.abs(share) < 0.0995 ? 1 : 0)}%`;
}

function signed(share: number): string {
  return `${share < 0 ? "−" : "+"}${percent(share)}`;
}
