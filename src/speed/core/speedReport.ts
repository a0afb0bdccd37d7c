import type { TimingRecord } from "../../engine/backend";
import { formatBackend, formatCount, formatMilliseconds, formatRate } from "../../platform/core/format";

/**
 * The answers of this session as a Markdown table, in the field's terms, for "Show Speed Details".
 * Model ids and backends are escaped: they come from files.
 */
export function speedReport(records: readonly TimingRecord[]): string {
  if (records.length === 0) return nothingYet;
  const header = [
    "time",
    "for",
    "model",
    "prompt_n",
    "cache_n",
    "pp tok/s",
    "predicted_n",
    "tg tok/s",
    "TTFT ms",
    "TPOT ms",
    "ITL p50/p95/p99 ms",
    "backend",
    "threads",
    "context",
    "stop",
  ];
  const rows = records
    .toReversed()
    .map(({ at, feature, model, timings, machine, stopReason }) => [
      clock(at),
      feature,
      escapeCell(model),
      String(timings.prompt_n),
      String(timings.cache_n),
      figure(timings.prompt_per_second),
      String(timings.predicted_n),
      figure(timings.predicted_per_second),
      figure(timings.ttft_ms),
      figure(timings.tpot_ms),
      timings.itl_ms === null
        ? "–"
        : [timings.itl_ms.p50, timings.itl_ms.p95, timings.itl_ms.p99].map((ms) => ms.toFixed(1)).join(" / "),
      escapeCell(machine.backend),
      String(machine.threads),
      `${machine.contextUsed} / ${machine.contextSize}`,
      stopReason,
    ]);
  return [
    ...introduction(records.length),
    `| ${header.join(" | ")} |`,
    `| ${header.map(() => "---").join(" | ")} |`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    "",
    ...terms,
    "- **TPOT**: time per output token. **ITL**: inter-token latency.",
    "",
  ].join("\n");
}

/** The same for a chat, which is too narrow for a table: a line for each request, under the model that answered it. */
export function speedSummary(records: readonly TimingRecord[]): string {
  if (records.length === 0) return nothingYet;
  const lines: string[] = [];
  let shown = "";
  for (const { at, feature, model, timings, machine } of records.toReversed()) {
    const by = `**${escapeCell(model)}** · ${escapeCell(formatBackend(machine.backend))} · threads: ${machine.threads}`;
    if (by !== shown) lines.push(...(shown === "" ? [] : [""]), by, "");
    shown = by;
    const figures = [
      `TTFT ${formatMilliseconds(timings.ttft_ms)}`,
      `pp ${formatRate(timings.prompt_per_second)}`,
      `tg ${formatRate(timings.predicted_per_second)}`,
      `${formatCount(timings.prompt_n + timings.cache_n)} in`,
      ...(timings.cache_n === 0 ? [] : [`${formatCount(timings.cache_n)} cached`]),
      `${formatCount(timings.predicted_n)} out`,
    ];
    lines.push(`- ${clock(at)} ${feature}: ${figures.join(" · ")}`);
  }
  // The rule keeps the two lists from becoming one.
  return [...introduction(records.length), ...lines, "", "---", "", ...terms, ""].join("\n");
}

const nothingYet = [
  "# Speed",
  "",
  "No answer has been measured in this window yet. Ask something in the Paddock chat and look here again.",
  "",
].join("\n");

const introduction = (count: number): string[] => [
  "# Speed",
  "",
  count === 1
    ? "The last request of this window. All figures are measured, none estimated."
    : `The last ${count} measured requests of this window, newest first. All figures are measured, none estimated.`,
  "",
];

const terms = [
  "- **pp**: prompt processing, tokens that were not in the KV cache per second until the first token.",
  "- **tg**: text generation, tokens after the first per second. Neither includes the other's time.",
  "- **TTFT**: time to first token, waiting included.",
];

/** The time of day where the person is. */
function clock(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

function figure(value: number | null): string {
  return value === null ? "–" : value.toFixed(1);
}

function escapeCell(text: string): string {
  return text.replace(/[\\|`*_{}[\]<>()#+!~]/g, "\\$&").replace(/\s+/g, " ");
}
