/**
 * Figures as people read them, the same in the chat's footers, the status bar and the reports. Decimal point and
 * grouping are fixed: these are technical figures that get compared, copied and searched for.
 */
const none = "–";

/** Tokens per second: one decimal under 100, none above. Null (nothing measured) is a dash. */
export function formatRate(tokensPerSecond: number | null): string {
  if (tokensPerSecond === null || !Number.isFinite(tokensPerSecond)) return none;
  return `${upToHundred(tokensPerSecond)} tok/s`;
}

/** A time span given in milliseconds, in ms under a second, then in seconds, then in minutes and seconds. */
export function formatMilliseconds(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return none;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${formatCount(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** Bytes in binary units, as memory is counted: KiB, MiB, GiB, TiB. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || !Number.isFinite(bytes)) return none;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  // 1023.95 would round to 1024.0 of the unit below.
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const figure = unit === 0 ? value.toFixed(0) : upToHundred(value);
  return `${figure} ${units[unit] ?? ""}`;
}

/** A whole number with groups of three. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A model's size as its publishers write it: 135M, 1.2B, 70B. */
export function formatParameters(parameters: number): string {
  if (parameters < 999_500) return formatCount(parameters);
  if (parameters < 999_500_000) return `${(parameters / 1e6).toFixed(0)}M`;
  return `${(parameters / 1e9).toFixed(parameters < 9.95e9 ? 1 : 0)}B`;
}

/** The name people know for what llama.cpp computes on. */
export function formatBackend(backend: string): string {
  return { cpu: "CPU", metal: "Metal", vulkan: "Vulkan", cuda: "CUDA" }[backend] ?? backend;
}

/** A share between 0 and 1 in whole per cent; never 100% before it is all. */
export function formatShare(share: number): string {
  const bounded = Math.min(Math.max(share, 0), 1);
  return `${Math.floor(bounded * 100 + 1e-9)}%`;
}

/** A share between 0 and 1 of something that is made of many: one decimal, and never 0% of what is there. */
export function formatPercent(share: number): string {
  if (share <= 0 || !Number.isFinite(share)) return "0%";
  return share < 0.0005 ? "<0.1%" : `${(Math.min(share, 1) * 100).toFixed(1)}%`;
}

function upToHundred(value: number): string {
  return value < 99.95 ? value.toFixed(1) : formatCount(value);
}
