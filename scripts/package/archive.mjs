// Reading a .vsix, which is a zip, and a staged folder through the same eyes, without a dependency.
import { glob, open, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { inflateRaw } from "node:zlib";

const inflate = promisify(inflateRaw);

/**
 * @typedef {{size: number, packed: number, read: () => Promise<Buffer>}} Entry size and packed size in bytes.
 * @typedef {Map<string, Entry>} Tree files by their path below the extension's folder, with "/".
 */

/** @returns {Promise<Tree>} a folder's files; packed is unknown here, and so the size. */
export async function readFolder(folder) {
  const tree = new Map();
  for await (const found of glob("**/*", { cwd: folder, withFileTypes: true })) {
    if (!found.isFile()) continue;
    const file = path.join(found.parentPath, found.name);
    const { size } = await stat(file);
    const name = path.relative(folder, file).split(path.sep).join("/");
    tree.set(name, { size, packed: size, read: () => readFile(file) });
  }
  return tree;
}

/**
 * @param {string} file a zip below 4 GiB, as vsce writes it.
 * @returns {Promise<Tree>} by the path in the zip; a .vsix has the extension's files below "extension/".
 * @throws {Error} when it is not such a zip, or a path in it would leave the folder it is unpacked into.
 */
export async function readZip(file) {
  const { size } = await stat(file);
  // The end record is 22 bytes and a comment of at most 64 KiB.
  const tail = await readAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  const end = tail.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end === -1) throw new Error(`${file} is not a zip.`);
  const directory = await readAt(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const tree = new Map();
  for (let at = 0; at < directory.length;) {
    if (directory.readUInt32LE(at) !== 0x02014b50) throw new Error(`The directory of ${file} is damaged.`);
    const method = directory.readUInt16LE(at + 10);
    const [packed, unpacked] = [directory.readUInt32LE(at + 20), directory.readUInt32LE(at + 24)];
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field));
    const local = directory.readUInt32LE(at + 42);
    const name = directory.toString("utf8", at + 46, at + 46 + nameLength);
    at += 46 + nameLength + extraLength + commentLength;
    if (name.startsWith("/") || name.includes("\\") || name.split("/").includes("..")) {
      throw new Error(`${file} has the unsafe path ${name}.`);
    }
    if (!name.endsWith("/")) {
      tree.set(name, { size: unpacked, packed, read: () => readEntry(file, local, packed, method, name) });
    }
  }
  return tree;
}

/** @param {Tree} tree @param {string} prefix e.g. "extension/" @returns {Tree} what lies below it. */
export function below(tree, prefix) {
  return new Map(
    [...tree].filter(([name]) => name.startsWith(prefix)).map(([name, e]) => [name.slice(prefix.length), e]),
  );
}

async function readEntry(file, local, packed, method, name) {
  const header = await readAt(file, local, 30);
  const start = local + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const bytes = await readAt(file, start, packed);
  if (method === 0) return bytes;
  if (method !== 8) throw new Error(`${name} is packed by a method nobody expected (${method}).`);
  return inflate(bytes);
}

async function readAt(file, position, length) {
  const handle = await open(file, "r");
  try {
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
