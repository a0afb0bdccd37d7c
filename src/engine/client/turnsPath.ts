import { createHash } from "node:crypto";
import { lstat, mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { TURNS_VERSION } from "../turns";

/**
 * Where the windows of one person meet, on this machine: a named pipe on Windows, elsewhere a socket in a folder that is
 * theirs alone. Not below VS Code's storage: a socket's path may have no more than about 100 bytes, and every editor of
 * this person is to find it.
 * @throws Error where such a folder can't be had, or is somebody else's.
 */
export async function turnsPath(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<string> {
  const { uid, username } = os.userInfo();
  if (platform === "win32") {
    const person = createHash("sha256").update(username).digest("hex").slice(0, 16);
    return `\\\\.\\pipe\\paddock-turns-${TURNS_VERSION}-${person}`;
  }
  const runtime = environment.XDG_RUNTIME_DIR;
  const folder = path.join(runtime !== undefined && path.isAbsolute(runtime) ? runtime : os.tmpdir(), `paddock-${uid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const facts = await lstat(folder);
  // The folder for temporary files is everybody's: another person may have made this one to listen in.
  if (!facts.isDirectory() || facts.uid !== uid || (facts.mode & 0o077) !== 0)
    throw new Error(`${folder} is not this person's alone.`);
  return path.join(folder, `turns-${TURNS_VERSION}`);
}
