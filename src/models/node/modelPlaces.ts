import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { ModelPlace, PlaceKind } from "../core/storedModel";

export interface PlaceSources {
  /** Paddock's own folder, a full path. */
  readonly own: string;
  /** From a setting: anything may stand there; what is no full path is left out. */
  readonly extra: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** A pointer is a path and a line end; more is no pointer. */
const MAX_POINTER_BYTES = 4096;

/**
 * Where models may lie on this machine. Folders of other programs are listed only where they are; Paddock's own and
 * those of the setting always, since it is worth a word when they are gone. What other programs look after comes
 * first, so that a file which is reached twice is treated as theirs.
 */
export async function findPlaces({ own, extra, env, home }: PlaceSources): Promise<ModelPlace[]> {
  const places: ModelPlace[] = [];
  const add = (kind: PlaceKind, folder: string): void => {
    const full = path.normalize(folder);
    if (!places.some((place) => place.folder === full)) places.push({ kind, folder: full });
  };
  const addIfThere = async (kind: PlaceKind, folder: string | undefined): Promise<void> => {
    if (folder !== undefined && path.isAbsolute(folder) && (await isFolder(folder))) add(kind, folder);
  };
  const cacheHome = set(env.XDG_CACHE_HOME) ?? path.join(home, ".cache");
  await addIfThere(
    "hugging-face",
    set(env.HF_HUB_CACHE) ??
      set(env.HUGGINGFACE_HUB_CACHE) ??
      path.join(set(env.HF_HOME) ?? path.join(cacheHome, "huggingface"), "hub"),
  );
  const lmStudio = await lmStudioHome(home);
  if (lmStudio !== undefined) await addIfThere("lm-studio", path.join(lmStudio, "models"));
  await addIfThere("lm-studio", path.join(home, ".lmstudio", "models"));
  await addIfThere("lm-studio", path.join(home, ".cache", "lm-studio", "models"));
  const ollama = set(env.OLLAMA_MODELS);
  await addIfThere("ollama", ollama ?? path.join(home, ".ollama", "models"));
  // Where Ollama's installer for Linux makes it a service of its own user.
  if (ollama === undefined) await addIfThere("ollama", "/usr/share/ollama/.ollama/models");
  add("own", own);
  for (const folder of extra) if (path.isAbsolute(folder)) add("extra", folder);
  return places;
}

/** LM Studio keeps where its folder was moved to in a file of the person's home. */
async function lmStudioHome(home: string): Promise<string | undefined> {
  try {
    const pointer = path.join(home, ".lmstudio-home-pointer");
    if ((await stat(pointer)).size > MAX_POINTER_BYTES) return undefined;
    const folder = (await readFile(pointer, "utf8")).trim();
    return path.isAbsolute(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** An empty variable is one that is not set. */
function set(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value;
}
