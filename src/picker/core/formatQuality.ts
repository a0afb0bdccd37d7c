/** KL divergence in nats with two digits that count: 0.27, 0.031, 0.0047, 0.00042. */
export function formatKld(kld: number): string {
  if (!Number.isFinite(kld) || kld < 0.000_005) return "0";
  const digits = Math.min(5, Math.max(2, 1 - Math.floor(Math.log10(kld))));
  return kld.toFixed(digits);
}

/** A share in per cent with one decimal; never 100% before it is all. */
export function formatSameTop(share: number): string {
  const percent = Math.min(Math.max(share, 0), 1) * 100;
  return `${percent >= 99.95 && percent < 100 ? "99.9" : percent.toFixed(1)}%`;
}
