/** One to four changes: bytes, runs, cuts, insertions, extreme numbers; mostly in the header, where the danger is. */
export function mutate(original: Buffer, headerSize: number, random: () => number): Buffer {
  let bytes = Buffer.from(original);
  const changes = 1 + Math.floor(random() * 4);
  for (let change = 0; change < changes; change++) {
    const at = Math.floor(random() * (random() < 0.9 ? Math.min(headerSize, bytes.length) : bytes.length));
    const kind = Math.floor(random() * 6);
    if (kind === 0) bytes[at] = Math.floor(random() * 256);
    else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    else if (kind === 2 && at + 8 <= bytes.length)
      bytes.writeBigUInt64LE(
        [0n, 1n, 0xffffffffn, 0x7fffffffffffffffn, 0xffffffffffffffffn][Math.floor(random() * 5)] ?? 0n,
        at,
      );
    else if (kind === 3) bytes = bytes.subarray(0, Math.max(1, at));
    else if (kind === 4)
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        Buffer.alloc(1 + Math.floor(random() * 64), Math.floor(random() * 256)),
        bytes.subarray(at),
      ]);
    else bytes.fill(Math.floor(random() * 256), at, Math.min(bytes.length, at + Math.floor(random() * 128)));
  }
  return bytes;
}
