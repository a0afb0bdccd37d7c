import { createHash } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { type TinyModel, writeGguf } from "./tinyGguf";

const text = (value: string): { readonly type: "string"; readonly value: string } => ({ type: "string", value });
const u32 = (value: number): { readonly type: "u32"; readonly value: number } => ({ type: "u32", value });

export async function put(file: string, content: string | Buffer): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

export function sha256(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** A file as the Hugging Face cache holds it: a blob by its hash and a link to it by its name. */
export async function putHuggingFace(
  hub: string,
  repository: string,
  file: string,
  content: Buffer,
  revision = "a".repeat(40),
): Promise<{ readonly link: string; readonly blob: string }> {
  const folder = path.join(hub, `models--${repository.replaceAll("/", "--")}`);
  const blob = await put(path.join(folder, "blobs", sha256(content)), content);
  await put(path.join(folder, "refs", "main"), revision);
  const link = path.join(folder, "snapshots", revision, file);
  await mkdir(path.dirname(link), { recursive: true });
  await symlink(path.relative(path.dirname(link), blob), link);
  return { link, blob };
}

/** A model as Ollama holds it: a manifest that names blobs. */
export async function putOllama(
  folder: string,
  name: readonly [registry: string, namespace: string, name: string, tag: string],
  content: Buffer,
): Promise<string> {
  const digest = sha256(content);
  const licence = "the licence";
  await put(path.join(folder, "blobs", `sha256-${sha256(licence)}`), licence);
  const blob = await put(path.join(folder, "blobs", `sha256-${digest}`), content);
  await put(
    path.join(folder, "manifests", ...name),
    JSON.stringify({
      schemaVersion: 2,
      layers: [
        { mediaType: "application/vnd.ollama.image.license", digest: `sha256:${sha256(licence)}`, size: 11 },
        { mediaType: "application/vnd.ollama.image.model", digest: `sha256:${digest}`, size: content.length },
      ],
    }),
  );
  return blob;
}

/** The parts of a split model, as gguf-split makes them: all the metadata and half of the tensors in the first. */
export function splitGguf(options: TinyModel = {}): [first: Buffer, second: Buffer] {
  const model = { "general.architecture": text(options.architecture ?? "llama"), "general.name": text("split") };
  const counts = { "split.count": u32(2), "split.tensors.count": u32(2) };
  const shape = Object.fromEntries(
    ["context_length", "embedding_length", "block_count", "attention.head_count"].map((key, index) => [
      `llama.${key}`,
      u32([512, 32, 1, 2][index] ?? 0),
    ]),
  );
  const tensor = (name: string) => ({ name, dimensions: [32, 4], data: new Float32Array(128) });
  return [
    writeGguf({ ...model, ...shape, ...counts, "split.no": u32(0) }, [tensor("token_embd.weight")]),
    writeGguf({ ...model, ...counts, "split.no": u32(1) }, [tensor("output.weight")]),
  ];
}

export const otherFiles = {
  projector: writeGguf({ "general.architecture": text("clip"), "general.type": text("mmproj") }, []),
  adapter: writeGguf(
    { "general.architecture": text("llama"), "general.type": text("adapter"), "adapter.type": text("lora") },
    [],
  ),
  matrix: writeGguf({ "general.type": text("imatrix") }, []),
};
