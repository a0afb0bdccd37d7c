import { describe, expect, it } from "vitest";
import { nameInText, replaceTrigger, triggerAt } from "../../src/chat/core/trigger";

const at = (text: string): ReturnType<typeof triggerAt> => triggerAt(text.replace("|", ""), text.indexOf("|"));

describe("what opens the list", () => {
  it.each([
    ["@|", { kind: "@", query: "", from: 0, to: 1 }],
    ["explain @app.ts|", { kind: "@", query: "app.ts", from: 8, to: 15 }],
    ["explain @ap|p.ts", { kind: "@", query: "ap", from: 8, to: 11 }],
    ["(@x|)", { kind: "@", query: "x", from: 1, to: 3 }],
    ["one\n@src/a|", { kind: "@", query: "src/a", from: 4, to: 10 }],
    ["/|", { kind: "/", query: "", from: 0, to: 1 }],
    ["  /rev|", { kind: "/", query: "rev", from: 2, to: 6 }],
  ])("%j does", (text, trigger) => expect(at(text)).toEqual(trigger));

  it.each(["me@home|", "@a b|", "@@|", "/usr/bin|", "is it 1 /2|", "no mark|", `@${"x".repeat(201)}|`])(
    "%j does not",
    (text) => expect(at(text)).toBeUndefined(),
  );
});

describe("what takes its place", () => {
  const put = (text: string, what: string): string => {
    const trigger = at(text);
    if (trigger === undefined) throw new Error("no trigger");
    const { text: result, caret } = replaceTrigger(text.replace("|", ""), trigger, what);
    return `${result.slice(0, caret)}|${result.slice(caret)}`;
  };

  it("is nothing where nothing else was written", () => {
    expect(nameInText("@app", { kind: "@", query: "app", from: 0, to: 4 }, ["src/app.ts"])).toBe("");
    expect(put("@app|", "")).toBe("|");
    expect(put("@app| explain", "")).toBe("|explain");
  });

  it("is the name within a sentence, and never several", () => {
    expect(nameInText("explain @app", { kind: "@", query: "app", from: 8, to: 12 }, ["src/app.ts"])).toBe("src/app.ts");
    expect(nameInText("explain @app", { kind: "@", query: "app", from: 8, to: 12 }, ["a.ts", "b.ts"])).toBe("");
    expect(put("explain @app|", "src/app.ts")).toBe("explain src/app.ts |");
    expect(put("explain @app| now", "src/app.ts")).toBe("explain src/app.ts| now");
    expect(put("explain @app| now", "")).toBe("explain |now");
  });
});
