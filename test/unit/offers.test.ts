import { describe, expect, it } from "vitest";
import type { DroppedItem, OfferedItem, TakenContext } from "../../src/chat/core/contextItems";
import { Attachments } from "../../src/chat/host/attachments";
import { Offers } from "../../src/chat/host/offers";
import { PaddockError } from "../../src/platform/core/errors";

const nothing: TakenContext = { references: [], ignored: [], refused: [] };
const file = { label: "src/app.ts", uri: "file:///w/src/app.ts", text: "let a;" };
const item = (id: string): OfferedItem => ({ id, label: id, detail: "", icon: "file" });

function room(given: {
  offer?: (query: string, signal: AbortSignal) => Promise<OfferedItem[]>;
  take?: (id: string) => Promise<TakenContext>;
  use?: (id: string) => Promise<{ text: string; taken: TakenContext } | undefined>;
}) {
  const attachments = new Attachments(() => Promise.resolve(undefined));
  const dropped: DroppedItem[] = [];
  const offer = given.offer ?? (() => Promise.resolve([]));
  const offers = new Offers({
    attachments,
    context: {
      offer,
      take: given.take ?? (() => Promise.resolve(nothing)),
      takeDropped: (items) => {
        dropped.push(...items);
        return Promise.resolve({ ...nothing, references: [file] });
      },
    },
    prompts: { offer, use: given.use ?? (() => Promise.resolve(undefined)) },
  });
  return { offers, attachments, dropped };
}

describe("what is offered", () => {
  it("is what the room finds, no more than a person reads", async () => {
    const { offers } = room({ offer: (query) => Promise.resolve(Array.from({ length: 80 }, () => item(query))) });
    const found = await offers.suggest({ kind: "@", query: "app" });
    expect(found).toHaveLength(50);
    expect(found[0]).toEqual(item("app"));
  });

  it("gives way to what is asked for later", async () => {
    const { offers } = room({
      offer: (query, signal) =>
        new Promise((resolve, reject) => {
          if (query === "second") resolve([item(query)]);
          signal.addEventListener("abort", () => reject(new Error("too late")));
        }),
    });
    const first = offers.suggest({ kind: "@", query: "first" });
    expect(await offers.suggest({ kind: "@", query: "second" })).toEqual([item("second")]);
    expect(await first).toEqual([]);
  });

  it("fails with the room's own reason", async () => {
    const { offers } = room({ offer: () => Promise.reject(new PaddockError("unsupported", "No folder is open.")) });
    await expect(offers.suggest({ kind: "@", query: "" })).rejects.toThrow("No folder is open.");
  });
});

describe("what is chosen", () => {
  it("is attached, and its name goes into the text", async () => {
    const { offers, attachments } = room({ take: () => Promise.resolve({ ...nothing, references: [file] }) });
    expect(await offers.choose("@", "file:1")).toEqual({ attached: ["src/app.ts"] });
    expect(attachments.carried().parts).toEqual([{ type: "reference", ...file }]);
  });

  it("leaves all as it is where nothing came of it", async () => {
    const { offers, attachments } = room({});
    await attachments.add({ ...nothing, refused: [{ label: ".env", reason: "A secret." }] });
    expect(await offers.choose("@", "symbol")).toEqual({ attached: [] });
    expect(attachments.shown()).toHaveLength(1);
  });

  it("gives a prompt's text with what the prompt attaches", async () => {
    const { offers, attachments } = room({
      use: () => Promise.resolve({ text: "Review this.", taken: { ...nothing, references: [file] } }),
    });
    expect(await offers.choose("/", "review")).toEqual({ text: "Review this.", attached: ["src/app.ts"] });
    expect(attachments.shown()).toMatchObject([{ state: "attached", label: "src/app.ts" }]);
  });

  it("attaches what was dropped", async () => {
    const { offers, attachments, dropped } = room({});
    await offers.drop([{ kind: "uri", uri: "file:///w/src/app.ts" }]);
    expect(dropped).toEqual([{ kind: "uri", uri: "file:///w/src/app.ts" }]);
    expect(attachments.shown()).toHaveLength(1);
  });
});
