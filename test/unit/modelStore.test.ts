import { chmod, link, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ModelId } from "../../src/engine/backend";
import type { ModelPlace, StoreContents, StoredModel } from "../../src/models/core/storedModel";
import { HeaderCache } from "../../src/models/node/headerCache";
import { findPlaces } from "../../src/models/node/modelPlaces";
import { type KnownModel, ModelRegistry } from "../../src/models/node/modelRegistry";
import { ModelStore } from "../../src/models/node/modelStore";
import { scanStore } from "../../src/models/node/storeScan";
import { walkFolder } from "../../src/models/node/walkFolder";
import { silentLogger } from "../../src/platform/core/logger";
import { otherFiles, put, putHuggingFace, putOllama, sha256, splitGguf } from "../support/modelFolders";
import { tinyGguf } from "../support/tinyGguf";

const never = new AbortController().signal;
const isRoot = process.getuid?.() === 0;

let home: string;
const at = (...parts: string[]): string => path.join(home, ...parts);
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "paddock-store-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const placesOf = (env: Record<string, string> = {}, extra: string[] = []): Promise<ModelPlace[]> =>
  findPlaces({ own: at("own"), extra, env, home });

async function scan(extra: string[] = [], cache = new HeaderCache(undefined)): Promise<StoreContents> {
  return scanStore({ places: await placesOf({}, extra), files: [], cache, signal: never });
}

function only(contents: StoreContents): StoredModel {
  const [model] = contents.models;
  if (model === undefined || contents.models.length !== 1)
    throw new Error(`${contents.models.length} models: ${contents.models.map(({ path: file }) => file).join(", ")}`);
  return model;
}
const kinds = ({ models }: StoreContents): Record<string, string> =>
  Object.fromEntries(models.map(({ name, content }) => [name, content.usable ? content.facts.kind : content.why.code]));

describe("the folders where models lie", () => {
  const folder = async (...parts: string[]): Promise<string> => {
    await mkdir(at(...parts), { recursive: true });
    return at(...parts);
  };
  const list = async (env: Record<string, string> = {}, extra: string[] = []): Promise<string[]> =>
    (await placesOf(env, extra)).map(({ kind, folder: full }) => `${kind} ${path.relative(home, full)}`);

  it("are Paddock's own and those of the setting, whether or not they are there", async () => {
    expect(await list({}, [at("more"), "not/full", at("own")])).toEqual(["own own", "extra more"]);
  });

  it("are those of other programs where they are", async () => {
    await folder(".cache", "huggingface", "hub");
    await folder(".lmstudio", "models");
    await folder(".ollama", "models");
    expect(await list()).toEqual([
      "hugging-face .cache/huggingface/hub",
      "lm-studio .lmstudio/models",
      "ollama .ollama/models",
      "own own",
    ]);
  });

  it("follow the variables and the pointer of those programs", async () => {
    await folder(".cache", "huggingface", "hub");
    await folder(".ollama", "models");
    const env = {
      HF_HOME: path.dirname(await folder("hf", "hub")),
      OLLAMA_MODELS: await folder("llamas"),
      XDG_CACHE_HOME: at("nowhere"),
    };
    await put(at(".lmstudio-home-pointer"), `${path.dirname(await folder("moved", "models"))}\n`);
    expect(await list(env)).toEqual(["hugging-face hf/hub", "lm-studio moved/models", "ollama llamas", "own own"]);
    expect((await list({ ...env, HF_HUB_CACHE: await folder("hub") }))[0]).toBe("hugging-face hub");
  });
});

describe("what is on this machine", () => {
  it("is told with its quantization, size and place", async () => {
    const bytes = tinyGguf();
    const file = await put(at("own", "deep", "er", "Tiny-F32.gguf"), bytes);
    const model = only(await scan());
    expect(model).toMatchObject({
      ...{ name: "Tiny-F32", path: file, parts: [file], alsoAt: [], sizeBytes: bytes.length },
      place: { kind: "own", folder: at("own") },
    });
    if (!model.content.usable) throw new Error(model.content.why.message);
    expect(model.content.facts).toMatchObject({ kind: "model", architecture: "llama", trainContextSize: 512 });
    expect(model.content.facts.quantization).toContain("F32");
    expect(model.content.facts.bitsPerWeight).toBe(32);
  });

  it("is found in the cache of Hugging Face, a file of two revisions once and by the current one", async () => {
    const hub = at(".cache", "huggingface", "hub");
    const bytes = tinyGguf();
    const old = await putHuggingFace(hub, "owner/some-model-GGUF", "q/some.gguf", bytes, "0".repeat(40));
    const now = await putHuggingFace(hub, "owner/some-model-GGUF", "q/some.gguf", bytes, "1".repeat(40));
    const model = only(await scan());
    expect(model).toMatchObject({ name: "some", origin: "owner/some-model-GGUF", path: now.link, alsoAt: [old.link] });
    expect(model.place.kind).toBe("hugging-face");
    expect(path.basename(now.blob)).toBe(sha256(bytes));
  });

  it("is found in LM Studio's and Ollama's folders by the names they have there", async () => {
    await put(at(".lmstudio", "models", "publisher", "repo-GGUF", "model-Q4.gguf"), tinyGguf({ seed: 2 }));
    const ollama = at(".ollama", "models");
    const shared = tinyGguf({ seed: 3 });
    await putOllama(ollama, ["registry.ollama.ai", "library", "llama3.2", "1b"], shared);
    const blob = await putOllama(ollama, ["registry.ollama.ai", "library", "llama3.2", "latest"], shared);
    await putOllama(ollama, ["hf.co", "bartowski", "X-GGUF", "Q4_K_M"], tinyGguf({ seed: 4 }));
    await putOllama(ollama, ["registry.ollama.ai", "someone", "theirs", "7b"], tinyGguf({ seed: 5 }));
    const { models } = await scan();
    expect(models.map(({ name, origin, place }) => [place.kind, name, origin])).toEqual([
      ["ollama", "hf.co/bartowski/X-GGUF:Q4_K_M", undefined],
      ["ollama", "llama3.2:1b", undefined],
      ["lm-studio", "model-Q4", "publisher/repo-GGUF"],
      ["ollama", "someone/theirs:7b", undefined],
    ]);
    expect(models[1]?.path).toBe(blob);
  });

  it("says which of Ollama's lists cannot be read, and looks at the others", async () => {
    const ollama = at(".ollama", "models");
    await putOllama(ollama, ["registry.ollama.ai", "library", "good", "1b"], tinyGguf());
    const damaged = await put(at(".ollama", "models", "manifests", "registry.ollama.ai", "library", "bad", "1b"), "{");
    const evil = {
      layers: [{ mediaType: "application/vnd.ollama.image.model", digest: "sha256:../../../etc/passwd" }],
    };
    await put(
      at(".ollama", "models", "manifests", "registry.ollama.ai", "library", "evil", "1b"),
      JSON.stringify(evil),
    );
    const contents = await scan();
    expect(only(contents).name).toBe("good:1b");
    expect(contents.notes).toMatchObject([{ path: damaged, why: "unreadable" }]);
  });

  it("has the parts of a split model as one, by its first part", async () => {
    const [first, second] = splitGguf();
    const one = await put(at("own", "big-00001-of-00002.gguf"), first);
    const two = await put(at("own", "big-00002-of-00002.gguf"), second);
    const model = only(await scan());
    expect(model).toMatchObject({ name: "big", path: one, parts: [one, two], sizeBytes: first.length + second.length });
    if (!model.content.usable) throw new Error(model.content.why.message);
    // Of both parts.
    expect(model.content.facts.parameters).toBe(256);
  });

  it("says which part is missing, and notices when it comes", async () => {
    const [first, second] = splitGguf();
    await put(at("own", "big-00001-of-00002.gguf"), first);
    const cache = new HeaderCache(undefined);
    const { content } = only(await scan([], cache));
    expect(content).toMatchObject({ usable: false, why: { code: "model/missing" } });
    expect(content.usable ? "" : content.why.message).toContain("Part 2 of 2 of big is missing");
    await put(at("own", "big-00002-of-00002.gguf"), second);
    expect(only(await scan([], cache)).content.usable).toBe(true);
  });

  it("keeps projectors, adapters, matrices and embedding models apart from models that write", async () => {
    await put(at("own", "mmproj.gguf"), otherFiles.projector);
    await put(at("own", "lora.gguf"), otherFiles.adapter);
    await put(at("own", "imatrix.gguf"), otherFiles.matrix);
    await put(at("own", "writes.gguf"), tinyGguf());
    await put(at("own", "both.gguf"), tinyGguf({ embedding: true, seed: 2 }));
    await put(at("own", "embeds.gguf"), tinyGguf({ architecture: "nomic-bert", seed: 3 }));
    const contents = await scan();
    expect(kinds(contents)).toEqual({
      ...{ mmproj: "projector", lora: "adapter", imatrix: "importance-matrix" },
      ...{ writes: "model", both: "model", embeds: "embedding" },
    });
    const embedding = contents.models.filter(({ content }) => content.usable && content.facts.embeds);
    expect(embedding.map(({ name }) => name)).toEqual(["both", "embeds"]);
  });

  it("lists what is no model, cut short or damaged with its reason", async () => {
    const bytes = tinyGguf();
    await put(at("own", "page.gguf"), "<!doctype html><title>404</title>");
    await put(at("own", "short.gguf"), bytes.subarray(0, bytes.length - 4096));
    await put(at("own", "empty.gguf"), "");
    const broken = Buffer.from(bytes);
    broken.writeBigUInt64LE(2n ** 60n, 8);
    await put(at("own", "broken.gguf"), broken);
    await put(at("own", "notes.txt"), "not listed");
    const contents = await scan();
    expect(kinds(contents)).toEqual({
      ...{ page: "model/not-gguf", short: "model/truncated", empty: "model/not-gguf", broken: "model/damaged" },
    });
    const page = contents.models.find(({ name }) => name === "page")?.content;
    expect(page?.usable === false ? page.why.message : "").toContain("a web page");
  });

  it("shows a file once however it is reached, as theirs whose folder it lies in", async () => {
    const hub = at(".cache", "huggingface", "hub");
    const { link: cached } = await putHuggingFace(hub, "o/n", "n.gguf", tinyGguf());
    await mkdir(at("own"), { recursive: true });
    await symlink(cached, at("own", "mine.gguf"));
    await link(await put(at("own", "hard.gguf"), tinyGguf({ seed: 9 })), at("own", "hard2.gguf"));
    const { models } = await scan([at(".cache"), at("own")]);
    expect(models.map(({ name, place, alsoAt }) => [name, place.kind, alsoAt.length])).toEqual([
      ["hard", "own", 1],
      ["n", "hugging-face", 1],
    ]);
  });

  it("says of a link whose data is gone that it is", async () => {
    const { blob } = await putHuggingFace(at(".cache", "huggingface", "hub"), "o/n", "n.gguf", tinyGguf());
    await rm(blob);
    expect(only(await scan()).content).toMatchObject({ usable: false, why: { code: "model/missing" } });
  });

  it("ends in folders that lead back to themselves, and in folders without end", async () => {
    await put(at("own", "a", "tiny.gguf"), tinyGguf());
    await symlink(at("own"), at("own", "a", "again"));
    await symlink(at("own", "b"), at("own", "b"));
    expect(only(await scan()).name).toBe("tiny");
    const walk = await walkFolder(at("own"), () => true, never, { depth: 8, entries: 2 });
    expect(walk.problems).toEqual([{ path: at("own"), why: "too-many" }]);
    await put(at("deep", ...Array.from({ length: 12 }, () => "d"), "x.gguf"), "");
    expect((await walkFolder(at("deep"), () => true, never)).files).toEqual([]);
  });

  it.skipIf(isRoot)("says which folders cannot be looked at", async () => {
    await put(at("own", "shut", "x.gguf"), tinyGguf());
    await chmod(at("own", "shut"), 0);
    const contents = await scan([at("gone")]);
    await chmod(at("own", "shut"), 0o700);
    expect(contents.notes.map(({ path: full, why }) => [path.basename(full), why])).toEqual([
      ["shut", "unreadable"],
      ["gone", "missing"],
    ]);
  });

  it("is no news of Paddock's own folder before there is one, but of one that the person named", async () => {
    await symlink(at("itself"), at("itself"));
    expect((await scan([at("gone"), at("itself")])).notes).toMatchObject([
      { path: at("gone"), why: "missing" },
      { path: at("itself"), why: "unreadable" },
    ]);
  });

  it("ends when nobody waits for it", async () => {
    await put(at("own", "tiny.gguf"), tinyGguf());
    const abort = new AbortController();
    const places = await placesOf();
    const scanning = scanStore({ places, files: [], cache: new HeaderCache(undefined), signal: abort.signal });
    abort.abort();
    await expect(scanning).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("a second look", () => {
  it("opens no file that is as it was, in the next session too", async () => {
    const bytes = tinyGguf();
    const file = await put(at("own", "tiny.gguf"), bytes);
    const time = new Date(1_700_000_000_000);
    await utimes(file, time, time);
    const kept = at("storage", "headers.json");
    const cache = new HeaderCache(kept);
    expect(only(await scan([], cache)).content.usable).toBe(true);
    await cache.keep();
    // Another content of the same size and time is not looked at: that is what the second look saves.
    await writeFile(file, Buffer.alloc(bytes.length));
    await utimes(file, time, time);
    const next = new HeaderCache(kept);
    expect(only(await scan([], next)).content.usable).toBe(true);
    await utimes(file, time, new Date());
    expect(only(await scan([], next)).content).toMatchObject({ usable: false, why: { code: "model/not-gguf" } });
  });

  it("does without a cache that is damaged, and forgets files that are gone", async () => {
    const kept = await put(at("storage", "headers.json"), '{"version":1,"rows":[{"path":3}]');
    const file = await put(at("own", "tiny.gguf"), tinyGguf());
    const cache = new HeaderCache(kept);
    expect(only(await scan([], cache)).content.usable).toBe(true);
    await cache.keep();
    await rename(file, at("own", "other.gguf"));
    await scan([], cache);
    await cache.keep();
    const again = new HeaderCache(kept);
    expect(await again.get(file, "anything")).toBeUndefined();
  });
});

describe("the store", () => {
  async function storeOf(extra: string[] = []): Promise<{ store: ModelStore; registry: ModelRegistry }> {
    const registry = await ModelRegistry.open(path.resolve("media/models"));
    const store = new ModelStore({
      registry,
      places: () => placesOf({}, extra),
      cache: new HeaderCache(undefined),
      log: silentLogger,
    });
    return { store, registry };
  }

  it("lists the starter, and makes every model that writes one to choose, by a stable id", async () => {
    const file = await put(at("own", "tiny.gguf"), tinyGguf());
    await put(at("own", "mmproj.gguf"), otherFiles.projector);
    const { store, registry } = await storeOf();
    const before = registry.fromSetting(file).id;
    await store.ready();
    expect(registry.list().map(({ displayName }) => displayName)).toEqual(["SmolLM2 135M (starter)", "tiny"]);
    expect(registry.list()[1]?.id).toBe(before);
    expect(store.find(before)?.path).toBe(file);
    expect(store.find(registry.starter.id)?.place.kind).toBe("bundled");
    store.dispose();
  });

  it("knows a model by the name it has where it lies", async () => {
    const blob = await putOllama(at(".ollama", "models"), ["registry.ollama.ai", "library", "q", "1b"], tinyGguf());
    const { store, registry } = await storeOf();
    const { id } = registry.fromSetting(blob);
    let changes = 0;
    registry.onDidChange(() => changes++);
    await store.ready();
    expect(registry.known(id)?.displayName).toBe("q:1b");
    await store.refresh();
    expect(changes).toBe(1);
    store.dispose();
  });

  it("shows files chosen elsewhere, until they are gone", async () => {
    const file = await put(at("elsewhere", "tiny.gguf"), tinyGguf());
    const { store, registry } = await storeOf();
    registry.fromSetting(file);
    registry.fromSetting(at("elsewhere", "never.gguf"));
    await store.ready();
    expect(store.find(file)?.place).toEqual({ kind: "chosen", folder: at("elsewhere") });
    expect(store.current?.models).toHaveLength(2);
    await rm(file);
    await store.refresh();
    expect(store.find(file)).toBeUndefined();
    expect(registry.list()).toHaveLength(1);
    store.dispose();
  });

  it("looks once more when it was asked to while it was looking", async () => {
    const { store } = await storeOf();
    const first = store.refresh();
    expect(store.isScanning).toBe(true);
    await put(at("own", "tiny.gguf"), tinyGguf());
    await Promise.all([first, store.refresh()]);
    expect(store.current?.models).toHaveLength(2);
    expect(store.isScanning).toBe(false);
    store.dispose();
  });
});

describe("adapters", () => {
  it("travel with the starter for questions about databases, and give way to the person's own", async () => {
    const registry = await ModelRegistry.open(path.resolve("media/models"));
    const { id } = registry.starter;
    expect(registry.adapters(id, "sql")).toEqual([
      { path: path.resolve("media/models/SmolLM2-135M-Instruct.text-to-sql.lora.Q8_0.gguf"), scale: 1 },
    ]);
    expect(registry.promptLayout(id, "sql")).toBe("schema-lines");
    expect([registry.adapters(id, "chat"), registry.promptLayout(id, "chat")]).toEqual([[], undefined]);
    const other = registry.fromSetting("/models/other.gguf").id;
    expect([registry.adapters(other, "sql"), registry.promptLayout(other, "sql")]).toEqual([[], undefined]);
    const own = { path: "/adapters/mine.gguf", scale: 0.5, promptLayout: "chat" };
    registry.useOwnAdapters((feature) => (feature === "sql" ? own : undefined));
    expect(registry.adapters(other, "sql")).toEqual([{ path: own.path, scale: 0.5 }]);
    expect(registry.promptLayout(id, "sql")).toBe("chat");
    expect(registry.adapters(id, "chat")).toEqual([]);
  });
});

describe("who answers on this machine", () => {
  it("is the first that runs here, and the starter where none does", async () => {
    const registry = await ModelRegistry.open(path.resolve("media/models"));
    const { starter } = registry;
    const here = registry.fromSetting("/models/other.gguf");
    const id = "server:gpt" as ModelId;
    const away = (destination: string | undefined): KnownModel => {
      const elsewhere = { id, displayName: "GPT", destination };
      return { ...{ id, displayName: "GPT", path: "", bundled: false }, elsewhere };
    };
    const far = away("192.168.1.20");
    expect(registry.onThisMachine(undefined, here).id).toBe(here.id);
    expect(registry.onThisMachine(here, starter).id).toBe(here.id);
    expect(registry.onThisMachine(far, here).id).toBe(here.id);
    expect(registry.onThisMachine(undefined, far).id).toBe(starter.id);
    expect(registry.onThisMachine(far, away(undefined)).id).toBe(id);
  });
});
