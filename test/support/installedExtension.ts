import { cp, link, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

/** Names the folder of extensions into which the journeys' global setup had the editor install the .vsix. */
export const installedVariable = "PADDOCK_E2E_INSTALLED";

/**
 * Gives an editor's home the extensions that another has, as installing them there would, in a moment: their files are
 * linked, since nothing writes to them, and the editor's own lists are its own.
 */
export async function giveExtensions(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    // The editor's list says where each extension is.
    else await writeFile(target, (await readFile(source, "utf8")).replaceAll(from, to));
  }
}

async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    // Another file system has no link to this one.
    else await link(source, target).catch(() => cp(source, target));
  }
}
