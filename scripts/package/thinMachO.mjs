// macOS programs may hold several architectures; a package for one of them needs one.

const FAT = 0xcafebabe;
/** <mach/machine.h> */
const cpuTypes = { x64: 0x01000007, arm64: 0x0100000c };

/**
 * @param {Buffer} bytes a file.
 * @param {"x64" | "arm64"} machine
 * @returns {Buffer} the part for that machine, which carries a signature of its own; a file with one architecture, or
 *   that is no program, as it is. Throws where the machine is not among them or the parts lie outside the file.
 */
export function thinMachO(bytes, machine) {
  if (bytes.length < 8 || bytes.readUInt32BE(0) !== FAT) return bytes;
  const count = bytes.readUInt32BE(4);
  // fat_arch of <mach-o/fat.h>: cputype, cpusubtype, offset, size, align; 32 bits each, the highest byte first.
  for (let at = 8; at < 8 + 20 * count && at + 20 <= bytes.length; at += 20) {
    if (bytes.readUInt32BE(at) !== cpuTypes[machine]) continue;
    const offset = bytes.readUInt32BE(at + 8);
    const end = offset + bytes.readUInt32BE(at + 12);
    if (end > bytes.length) throw new Error("A part of the program lies outside its file.");
    return bytes.subarray(offset, end);
  }
  throw new Error(`The program has no part for ${machine}.`);
}
