import { describe, expect, it } from "vitest";
import { parseFrontMatter } from "../../src/chat/core/frontMatter";
import { fillPrompt, linkedFiles, maxInputs, parsePromptFile, promptNeeds } from "../../src/chat/core/promptFile";

const fieldsOf = (header: string): object => Object.fromEntries(parseFrontMatter(`---\n${header}\n---\nBody`).fields);

describe("a header", () => {
  const read: readonly [string, string, object][] = [
    ["plain text", "description: Explain it: slowly # for me", { description: "Explain it: slowly" }],
    ["single quotes", "description: 'It''s #1'", { description: "It's #1" }],
    ["double quotes", String.raw`description: "a \"b\" \\ c"`, { description: 'a "b" \\ c' }],
    [
      "a folded block",
      "description: >-\n  one\n  two\n\n  three\nname: x",
      { description: "one two\n\nthree", name: "x" },
    ],
    ["a literal block", "description: |\n  one\n    two\n", { description: "one\n  two" }],
    ["names in any case and with dashes", "Argument-Hint: a file", { "argument-hint": "a file" }],
    ["the first of two", "name: a\nname: b", { name: "a" }],
    ["nothing of lists and maps", "tools: ['a', 'b']\nmore:\n  name: hidden\nmode: {a: 1}\nlist:\n- name: x", {}],
    ["nothing of anchors, tags and open quotes", "a: &x 1\nb: *x\nc: !!js/function x\nd: 'open", {}],
    ["nothing of prototypes", "__proto__: x\nconstructor: y", { constructor: "y" }],
  ];
  it.each(read)("gives %s", (_, header, fields) => {
    expect(fieldsOf(header)).toEqual(fields);
  });

  it("ends where its line does, with any newline, and may be empty or absent", () => {
    expect(parseFrontMatter("---\r\nname: a\r\n---\r\nBody\r\n").body).toBe("Body\r\n");
    expect(parseFrontMatter("\uFEFF---\nname: a\n---").fields.get("name")).toBe("a");
    expect(parseFrontMatter("---\n---\nBody")).toEqual({ fields: new Map(), body: "Body" });
    for (const text of ["Body\n---\nname: a\n---\n", "---\nname: a\nno end", "----\nname: a\n----\n", ""])
      expect(parseFrontMatter(text)).toEqual({ fields: new Map(), body: text });
  });

  it("is read in no time, whatever stands there", () => {
    const started = performance.now();
    for (const unit of ["---\n", "a: |\n ", "'", "a: '", " #", '\\"', "\n\n"])
      parseFrontMatter(`---\n${unit.repeat(30_000)}`);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("a prompt file", () => {
  it("has its header's name and description, and leaves what is for other products alone", () => {
    const text = `---
agent: 'agent'
model: GPT-4o
tools: ['githubRepo', 'search/codebase']
name: react form
description: 'Generate a form'
argument-hint: the form's name
---
Do it.
`;
    expect(parsePromptFile("form.prompt.md", text)).toEqual({
      name: "react-form",
      description: "Generate a form",
      argumentHint: "the form's name",
      fields: new Map([
        ["agent", "agent"],
        ["model", "GPT-4o"],
        ["name", "react form"],
        ["description", "Generate a form"],
        ["argument-hint", "the form's name"],
      ]),
      body: "Do it.",
    });
  });

  it("is called as its file is, where the header says nothing that can be typed", () => {
    expect(parsePromptFile("Write tests.prompt.md", "Hello").name).toBe("Write-tests");
    expect(parsePromptFile("ünï.prompt.md", "---\nname: '/ /'\n---\n").name).toBe("ünï");
    expect(parsePromptFile(".prompt.md", "").name).toBe("prompt");
    expect(parsePromptFile(`${"x".repeat(300)}.prompt.md`, "").name).toHaveLength(60);
  });
});

describe("a prompt's variables", () => {
  const values = {
    selection: "let ${file} = '$&';",
    file: "src/a.test.ts",
    workspaceFolder: "shop",
    inputs: new Map([["what", "the ${selection}"]]),
  };

  it("are filled in once, and what they stand for is text", () => {
    expect(fillPrompt("${selection}|${selectedText}|${input:what}|${input:what:a thing}", values)).toBe(
      "let ${file} = '$&';|let ${file} = '$&';|the ${selection}|the ${selection}",
    );
    expect(fillPrompt("${file} ${fileBasename} ${fileBasenameNoExtension} ${fileDirname}", values)).toBe(
      "src/a.test.ts a.test.ts a.test src",
    );
    expect(fillPrompt("${workspaceFolder}/${fileDirname}", { ...values, file: "b.ts" })).toBe("shop/.");
  });

  it("that are unknown stay as they are written", () => {
    const text = "${HOME} ${env:HOME} ${input} ${input:other} $selection {file} ${ file }";
    expect(fillPrompt(text, values)).toBe(text);
  });

  it("say what is needed: each input once, in their order, and not without end", () => {
    expect(promptNeeds("${input:a:first} ${input:b} ${input:a:again} ${fileBasename}")).toEqual({
      selection: false,
      file: true,
      fileText: false,
      inputs: [
        { name: "a", placeholder: "first" },
        { name: "b", placeholder: "" },
      ],
    });
    expect(promptNeeds("Review ${file}: ${selectedText}")).toMatchObject({
      selection: true,
      file: true,
      fileText: true,
    });
    const many = Array.from({ length: 50 }, (_, index) => `\${input:n${index}}`).join("");
    expect(promptNeeds(many).inputs).toHaveLength(maxInputs);
  });
});

describe("the files a prompt links to", () => {
  const found = (body: string, from = ".github/prompts"): string[] => linkedFiles(body, from);

  it("are named from where the prompt stands, each once", () => {
    expect(found("[a](../../docs/a.md) and [again](../../docs/a.md#part), [b](b%20c.md 'x') [d](<d.md>)")).toEqual([
      "docs/a.md",
      ".github/prompts/d.md",
    ]);
    expect(found("[b](b%20c.md) #file:../../src/x.ts, and a#file:no.ts")).toEqual([
      ".github/prompts/b c.md",
      "src/x.ts",
    ]);
    expect(found("[a](docs/a.md)", "")).toEqual(["docs/a.md"]);
  });

  it("are none outside the folder, none on the web, and no examples in code", () => {
    const outside = "[a](../../../etc/passwd) [b](/etc/passwd) [c](..%2f..%2f..%2fsecret) [d](C:/x) [e](..\\..\\x)";
    expect(found(outside)).toEqual([]);
    expect(found("[a](https://example.com/a.md) [b](#part) [c](mailto:a@b) ![d](picture.png) [e](%zz)")).toEqual([]);
    expect(found("```md\n[a](a.md)\n```\n`[b](b.md)`\n~~~\n[c](c.md)")).toEqual([]);
  });

  it("are not without end, and found in no time", () => {
    expect(found(Array.from({ length: 100 }, (_, index) => `[a](a${index}.md)`).join(" "))).toHaveLength(20);
    const started = performance.now();
    for (const unit of ["[", "[a](", "```\n", "`", "#file:", "~~~~", "[a](b\n"]) found(unit.repeat(16_000));
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
