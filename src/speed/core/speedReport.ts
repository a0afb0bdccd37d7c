import type { TimingRecord } from "../../engine/backend";

/**
 * The answers of this session as a Markdown table, in the field's terms, for "Show Speed Details".
 * Model ids and backends are escaped: they come from files.
 */
export function speedReport(records: readonly TimingRecord[]): string {
  if (records.length === 0) {
    return [
      "# Speed",
      "",
      "No answer has been measured in this window yet. Ask something in the Paddock chat and look here again.",
      "",
    ].join("\n");
  }
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
      new Date(at).toISOString().slice(11, 19),
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
    "# Speed",
    "",
    `The last ${records.length} measured requests of this window, newest first. All figures are measured, none estimated.`,
    "",
    `| ${header.join(" | ")} |`,
    `| ${header.map(() => "---").join(" | ")} |`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    "",
    "- **pp**: prompt processing, tokens that were not in the KV cache per second until the first token.",
    "- **tg**: text generation, tokens after the first per second. Neither includes the other's time.",
    "- **TTFT**: time to first token, waiting included. **TPOT**: time per output token. **ITL**: inter-token latency.",
    "",
  ].join("\n");
}

function figure(value: number | null): string {
  return value === null ? "–" : value.toFixed(1);
}

function escapeCell(text: string): string {
  return text.replace(/[\\|`*_{}[\]<>()#+!~]/g, "\\$&").replace(/\s+/g, " ");
}
