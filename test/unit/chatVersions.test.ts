import { describe, expect, it } from "vitest";
import { type Conversation, type Message, shownMessages } from "../../src/chat/core/conversation";
import { newestBelow, withVersions } from "../../src/chat/core/versions";

/** "q1<-a1@3": a1 answers q1, at 3. */
function tree(...lines: string[]): Conversation {
  const messages = new Map<string, Message>();
  for (const line of lines) {
    const [, parent = "", id = "", at = "0"] = /^(?:(\w+)<-)?(\w+)@(\d+)$/.exec(line) ?? [];
    const role = id.startsWith("q") ? "user" : "assistant";
    messages.set(id, {
      id,
      parent: parent === "" ? null : parent,
      role,
      parts: [],
      at: Number(at),
      status: "complete",
    });
  }
  return { id: "c", title: "", createdAt: 0, updatedAt: 0, messages, leaf: null, settings: {} };
}
const versionsOf = (conversation: Conversation, leaf: string) =>
  withVersions(conversation, shownMessages({ ...conversation, leaf })).map(({ id, versions }) =>
    versions === undefined ? id : `${id} ${versions.at}/${versions.of} ${versions.previous}|${versions.next}`,
  );

describe("versions", () => {
  // The entries of two windows may come in any order.
  const conversation = tree("q1@1", "q1<-a2@5", "q1<-a1@2", "a1<-q2@3", "a1<-q3@7", "q3<-a4@8", "q2<-a3@4", "q1<-a5@9");

  it("are numbered by their time, and what is the only one has none", () => {
    expect(versionsOf(conversation, "a4")).toEqual(["q1", "a1 1/3 null|a2", "q3 2/2 q2|null", "a4"]);
    expect(versionsOf(conversation, "a2")).toEqual(["q1", "a2 2/3 a1|a5"]);
  });

  it("lead to what was made last below them", () => {
    expect(newestBelow(conversation, "a1")).toBe("a4");
    expect(newestBelow(conversation, "q2")).toBe("a3");
    expect(newestBelow(conversation, "q1")).toBe("a5");
    expect(newestBelow(conversation, "a5")).toBe("a5");
  });

  it("end where a file goes in circles", () => {
    expect(newestBelow(tree("q2<-q1@1", "q1<-q2@2"), "q1")).toBe("q2");
  });
});
