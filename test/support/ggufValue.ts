/** Where a value of a GGUF ends that begins here. */
export function afterValue(bytes: Buffer, at: number, type: number): number {
  const fixed = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][type] ?? 0;
  if (fixed > 0) return at + fixed;
  if (type === 8) return at + 8 + Number(bytes.readBigUInt64LE(at));
  const element = bytes.readUInt32LE(at);
  const length = Number(bytes.readBigUInt64LE(at + 4));
  let end = at + 12;
  for (let index = 0; index < length; index++) end = afterValue(bytes, end, element);
  return end;
}
