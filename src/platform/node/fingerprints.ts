import { stat } from "node:fs/promises";
import { fileFingerprint } from "./fileFingerprint";

/** Fingerprints of files, each made once while the file is the same one. */
export class Fingerprints {
  private readonly made = new Map<string, Promise<string>>();

  /** @throws the file system's own errors. */
  async of(file: string): Promise<string> {
    const { size, mtimeMs } = await stat(file);
    // A file that is replaced under its name is another one.
    const key = `${file}\0${size}\0${mtimeMs}`;
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const made = fileFingerprint(file);
    this.made.set(key, made);
    made.catch(() => this.made.delete(key));
    return made;
  }
}
