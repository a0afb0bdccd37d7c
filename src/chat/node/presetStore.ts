import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { writeFileAtomic } from "../../platform/node/atomicFile";
import { errnoOf, toStorageError } from "../../platform/node/storageError";
import type { ConversationSettings } from "../core/conversationSettings";
import { type Preset, presetSchema } from "../core/presets";

const fileSchema = v.object({
  version: v.literal(1),
  presets: v.pipe(v.array(presetSchema), v.maxLength(200)),
  /** The preset of new conversations; absent: the defaults. */
  standard: v.optional(v.string()),
});
type PresetFile = v.InferOutput<typeof fileSchema>;
const empty: PresetFile = { version: 1, presets: [] };
/** Two hundred presets with the longest system prompts; more was not written by us. */
const maxBytes = 8 * 1024 * 1024;

/** The person's presets, one small file on this machine: no workspace can add to it. */
export class PresetStore {
  private file: PresetFile = empty;
  private tail: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly log: Logger,
  ) {}

  get presets(): readonly Preset[] {
    return this.file.presets;
  }

  get standard(): string | undefined {
    return this.file.standard;
  }

  /** Reads what other windows wrote. Never rejects: without the file there are no presets. */
  async refresh(): Promise<void> {
    try {
      this.file = await this.read();
    } catch (error) {
      this.log.warn(`The presets could not be read: ${String(error)}`);
    }
  }

  /** One of the same name is replaced. @throws PaddockError storage/* */
  async save(name: string, settings: ConversationSettings): Promise<Preset> {
    const known = v.parse(presetSchema, { id: randomUUID(), name, settings });
    let saved = known;
    await this.change((file) => {
      const same = file.presets.find((preset) => preset.name.toLowerCase() === known.name.toLowerCase());
      saved = same === undefined ? known : { ...known, id: same.id };
      return { ...file, presets: [...file.presets.filter(({ id }) => id !== saved.id), saved] };
    });
    return saved;
  }

  /** @throws PaddockError storage/* */
  remove(id: string): Promise<void> {
    return this.change(({ standard, ...file }) => ({
      ...file,
      presets: file.presets.filter((preset) => preset.id !== id),
      ...(standard === undefined || standard === id ? {} : { standard }),
    }));
  }

  /** @param id of a preset, built in or not; undefined for the defaults. @throws PaddockError storage/* */
  setStandard(id: string | undefined): Promise<void> {
    return this.change(({ version, presets }) => ({ version, presets, ...(id === undefined ? {} : { standard: id }) }));
  }

  private change(make: (file: PresetFile) => PresetFile): Promise<void> {
    const turn = this.tail.then(async () => {
      // Another window may have written meanwhile.
      const next = make(await this.read());
      if (next.presets.length > 200) {
        throw new PaddockError("unsupported", "There are 200 presets already.", { remedy: "Delete one first." });
      }
      try {
        await mkdir(path.dirname(this.path), { recursive: true });
        await writeFileAtomic(this.path, JSON.stringify(next, undefined, 2));
      } catch (error) {
        throw toStorageError(error);
      }
      this.file = next;
    });
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  private async read(): Promise<PresetFile> {
    let text: string;
    try {
      text = (await stat(this.path)).size > maxBytes ? "too large" : await readFile(this.path, "utf8");
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return empty;
      throw toStorageError(error);
    }
    try {
      return v.parse(fileSchema, JSON.parse(text));
    } catch (error) {
      this.log.warn(`The presets are damaged and were set aside: ${String(error)}`);
      await rename(this.path, `${this.path}.damaged`).catch(() => undefined);
      return empty;
    }
  }
}
