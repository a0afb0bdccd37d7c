// Packages that are not installed here, the native parts of other platforms: fetched through npm, checked, cached.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { cacheFolder, npm, root, run } from "../setup.mjs";

/**
 * The folder of a package at exactly this version: the installed one, else one from the cache, else npm's.
 * @param {string} name
 * @param {string} version
 * @param {Record<string, string>} pinned integrity by "name@version", for what package-lock.json does not hold.
 * @throws {Error} saying what to do, when npm cannot give it or it is not what was pinned.
 */
export async function packageFolder(name, version, pinned) {
  const installed = path.join(root, "node_modules", name);
  if ((await versionIn(installed)) === version) return installed;
  const integrity = (await lockedIntegrity(name, version)) ?? pinned[`${name}@${version}`];
  if (integrity === undefined) {
    throw new Error(
      `${name}@${version} is neither in package-lock.json nor pinned. Add its dist.integrity (npm view) to scripts/package/targets.json.`,
    );
  }
  const store = path.join(cacheFolder(), "packages");
  const id = `${name.replace("/", "+")}-${version}`;
  const archive = path.join(store, `${id}.tgz`);
  if ((await integrityOf(archive)) !== integrity) {
    await download(name, version, store, archive);
    const found = await integrityOf(archive);
    if (found !== integrity) {
      await rm(archive, { force: true });
      throw new Error(`What npm gave for ${name}@${version} has integrity ${found}, but ${integrity} is pinned.`);
    }
    await rm(path.join(store, id), { recursive: true, force: true });
  }
  const folder = path.join(store, id);
  if ((await versionIn(path.join(folder, "package"))) !== version) await extract(archive, folder);
  return path.join(folder, "package");
}

async function download(name, version, store, archive) {
  await mkdir(store, { recursive: true });
  const scratch = await mkdtemp(path.join(store, ".pack-"));
  try {
    // npm decides where from; no host is named here.
    await run(...npm("pack", `${name}@${version}`, "--ignore-scripts", "--silent"), { cwd: scratch, quiet: true });
    const [file] = await readdir(scratch);
    if (file === undefined) throw new Error("npm pack wrote no file");
    await rename(path.join(scratch, file), archive);
  } catch (cause) {
    throw new Error(`npm could not fetch ${name}@${version}. Check that this machine reaches its npm registry.`, {
      cause,
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function extract(archive, folder) {
  const scratch = await mkdtemp(path.join(path.dirname(folder), ".extract-"));
  try {
    await run("tar", ["-xzf", archive, "-C", scratch], { quiet: true });
    await rm(folder, { recursive: true, force: true });
    await rename(scratch, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function versionIn(folder) {
  try {
    return JSON.parse(await readFile(path.join(folder, "package.json"), "utf8")).version;
  } catch {
    return undefined;
  }
}

async function lockedIntegrity(name, version) {
  const lock = JSON.parse(await readFile(path.join(root, "package-lock.json"), "utf8"));
  const entry = lock.packages[`node_modules/${name}`];
  return entry?.version === version ? entry.integrity : undefined;
}

async function integrityOf(file) {
  if (!(await stat(file).catch(() => undefined))) return undefined;
  const hash = createHash("sha512");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return `sha512-${hash.digest("base64")}`;
}
