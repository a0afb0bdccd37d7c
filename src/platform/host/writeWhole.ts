import { realpath, stat } from "node:fs/promises";
import * as vscode from "vscode";
import { writeFileAtomic } from "../node/atomicFile";

const pieceBytes = 64 * 1024;

/**
 * Writes a file as a whole or not at all. On a disk it appears under its name when it is complete; other file systems
 * get it with one call, and what they make of that is theirs.
 * @throws Node's error or the file system's, or what `pieces` throws
 */
export async function writeWhole(to: vscode.Uri, pieces: AsyncIterable<string>): Promise<void> {
  if (to.scheme !== "file") {
    const all: Uint8Array[] = [];
    for await (const piece of inBytes(pieces)) all.push(piece);
    await vscode.workspace.fs.writeFile(to, Buffer.concat(all));
    return;
  }
  // A link stays one, and the file behind it keeps its permissions.
  const path = await realpath(to.fsPath).catch(() => to.fsPath);
  const mode = await stat(path).then(
    (facts) => facts.mode & 0o777,
    () => undefined,
  );
  await writeFileAtomic(path, inBytes(pieces), mode);
}

/** Small pieces together, so that each is worth a write. */
async function* inBytes(pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let waiting: string[] = [];
  let length = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < pieceBytes) continue;
    yield Buffer.from(waiting.join(""), "utf8");
    waiting = [];
    length = 0;
  }
  if (length > 0) yield Buffer.from(waiting.join(""), "utf8");
}
