import { describe, expect, it } from "vitest";
import type { DownloadView } from "../../src/models/core/downloadState";
import type { FileFacts } from "../../src/models/core/fileFacts";
import { nameProblem } from "../../src/models/core/modelFileName";
import { type ModelNode, modelTree } from "../../src/models/core/modelTree";
import { fitsRole, roleHolder, tooMuchTogether } from "../../src/models/core/roles";
import type { ModelPlace, StoredModel } from "../../src/models/core/storedModel";

const facts: FileFacts = {
  ...{ kind: "model", embeds: false, tools: false, types: [], hasImportanceMatrix: false },
  ...{ bitsPerWeight: 4.5, parameters: 1e9, trainContextSize: 4096 },
};
function model(name: string, place: ModelPlace, content: Partial<FileFacts> = {}): StoredModel {
  return {
    ...{ id: `id-${name}` as StoredModel["id"], name, origin: undefined, path: `${place.folder}/${name}.gguf` },
    ...{ parts: [`${place.folder}/${name}.gguf`], alsoAt: [], place, sizeBytes: 1000, modifiedMs: 0 },
    content: { usable: true, facts: { ...facts, ...content } },
  };
}
const bundled: ModelPlace = { kind: "bundled", folder: "/media" };
const own: ModelPlace = { kind: "own", folder: "/own" };
const extra: ModelPlace = { kind: "extra", folder: "/more" };
const ollama: ModelPlace = { kind: "ollama", folder: "/ollama" };

describe("who has a role", () => {
  const find = (setting: string): string | undefined => (setting === "there" ? "THERE" : undefined);
  it("is who was chosen, where it is there", () => {
    expect(roleHolder("there", find, "CHAT")).toEqual({ kind: "chosen", model: "THERE" });
  });
  it("is the chat's model where nobody was chosen for completions", () => {
    expect(roleHolder("", find, "CHAT")).toEqual({ kind: "chat", model: "CHAT" });
  });
  it("is a stand-in that says so where the chosen one is gone", () => {
    expect(roleHolder("gone", find, "CHAT")).toEqual({ kind: "stands-in", model: "CHAT", wanted: "gone" });
  });
  it("is nobody for embeddings, and why", () => {
    expect(roleHolder("", find, undefined)).toEqual({ kind: "none", wanted: undefined });
    expect(roleHolder("gone", find, undefined)).toEqual({ kind: "none", wanted: "gone" });
  });

  it("is a model that can do it", () => {
    const embedding = model("e", own, { kind: "embedding", embeds: true });
    const both = model("b", own, { embeds: true });
    const projector = model("p", own, { kind: "projector" });
    const broken = { content: { usable: false, why: { code: "model/damaged", message: "", remedy: "" } } } as const;
    const can = (one: Pick<StoredModel, "content">): string =>
      (["chat", "completion", "embedding"] as const).filter((role) => fitsRole(role, one)).join(" ");
    expect([model("m", own), embedding, both, projector, broken].map(can)).toEqual([
      "chat completion",
      "embedding",
      "chat completion embedding",
      "",
      "",
    ]);
  });

  it("may be two models only where both fit", () => {
    const of = (bytes: number): { name: string; bytes: number } => ({ name: "", bytes });
    expect(tooMuchTogether(of(4), of(4), 8)).toBeUndefined();
    expect(tooMuchTogether(of(4), of(5), 8)).toBe(9);
  });
});

describe("the view of the models", () => {
  const outline = (nodes: readonly ModelNode[]): string[] =>
    nodes.flatMap((node) => [node.id, ...("children" in node ? outline(node.children).map((id) => `  ${id}`) : [])]);

  it("has nothing where there is only what travels with Paddock, so that it can say how to get more", () => {
    expect(modelTree({ models: [model("starter", bundled)], notes: [] }, [])).toEqual([]);
  });

  it("shows what is used, then what comes, then what is there by place", () => {
    const download: DownloadView = {
      ...{ id: "1", title: "new", target: "/own/new.gguf", sizeBytes: 2, doneBytes: 1, status: "running" },
      ...{ bytesPerSecond: null, secondsLeft: null, problem: undefined, notice: undefined },
    };
    const models = [model("o", ollama), model("b", extra), model("a", own), model("starter", bundled)];
    const notes = [{ place: extra, path: "/more/shut", why: "unreadable" as const }];
    expect(outline(modelTree({ models, notes }, [download]))).toEqual([
      ...["roles", "  role:chat", "  role:completion", "  role:embedding"],
      ...["downloads", "  download:1"],
      ...["place:bundled", "  model:id-starter", "place:own:/own", "  model:id-a"],
      ...["place:extra:/more", "  model:id-b", "  note:/more/shut:unreadable"],
      ...["place:ollama:/ollama", "  model:id-o"],
    ]);
  });

  it("has one group for chosen files, wherever they lie", () => {
    const chosen = ["/a", "/b"].map((folder) => model(folder.slice(1), { kind: "chosen", folder }));
    const [, group] = modelTree({ models: chosen, notes: [] }, []);
    expect(group?.id).toBe("place:chosen");
    expect(outline(group === undefined ? [] : [group])).toHaveLength(3);
  });
});

it.each([
  ["", "empty"],
  ["a/b", "sign"],
  ["a\u202eb", "sign"],
  [".hidden", "hidden"],
  ["-rf", "hidden"],
  ["ends. ", "hidden"],
  ["NUL", "device"],
  ["com1.old", "device"],
  ["ü".repeat(101), "long"],
  ["m-00001-of-00002", "part"],
  ["Qwen2.5 Coder (mine)", undefined],
  ["日本語", undefined],
])("the name %j is judged as on any system", (name, problem) => {
  expect(nameProblem(name)).toBe(problem);
});
