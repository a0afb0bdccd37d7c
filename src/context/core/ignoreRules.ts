import ignore, { type Ignore } from "ignore";

/** Reads the .gitignore of a folder, given as names below the repository's root; undefined where there is none. */
export type ReadRules = (folder: readonly string[]) => Promise<string | undefined>;

/**
 * What Git ignores, by every .gitignore from the repository's root down to a file. Keeps what it has read: use one for
 * one piece of work, since the files change.
 */
export class IgnoreRules {
  private readonly rules = new Map<string, Promise<Ignore | undefined>>();
  private readonly folders = new Map<string, Promise<boolean>>();

  constructor(private readonly read: ReadRules) {}

  /** @param pieces the names of a file's path below the repository's root. */
  async isIgnored(pieces: readonly string[]): Promise<boolean> {
    if (pieces.length === 0) return false;
    return (await this.isFolderIgnored(pieces.slice(0, -1))) || this.isCovered(pieces, false);
  }

  /** What lies below an ignored folder is ignored, whatever a rule deeper down says: Git does not look there. */
  isFolderIgnored(pieces: readonly string[]): Promise<boolean> {
    if (pieces.length === 0) return Promise.resolve(false);
    const key = pieces.join("/");
    let known = this.folders.get(key);
    if (known === undefined) {
      known = this.isFolderIgnored(pieces.slice(0, -1)).then((above) => above || this.isCovered(pieces, true));
      this.folders.set(key, known);
    }
    return known;
  }

  /** Whether a rule names the path itself. The deepest file that names it has the last word. */
  private async isCovered(pieces: readonly string[], isFolder: boolean): Promise<boolean> {
    for (let depth = pieces.length - 1; depth >= 0; depth--) {
      const rules = await this.rulesOf(pieces.slice(0, depth));
      if (rules === undefined) continue;
      const { ignored, unignored } = rules.test(pieces.slice(depth).join("/") + (isFolder ? "/" : ""));
      // The path is ignored with its folder here, but a file between the two has included that folder again.
      const isForFolder =
        ignored && depth < pieces.length - 1 && rules.ignores(`${pieces.slice(depth, -1).join("/")}/`);
      if ((ignored || unignored) && !isForFolder) return ignored;
    }
    return false;
  }

  private rulesOf(folder: readonly string[]): Promise<Ignore | undefined> {
    const key = folder.join("/");
    let known = this.rules.get(key);
    if (known === undefined) {
      known = this.read(folder).then((text) => (text === undefined ? undefined : ignore().add(text)));
      this.rules.set(key, known);
    }
    return known;
  }
}
