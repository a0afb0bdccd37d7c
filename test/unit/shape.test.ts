import { describe, expect, it } from "vitest";
import type { SyntaxAt } from "../../src/completion/core/syntaxAt";
import { accepted, piecesOf, runPieces, shaped, type ShapeCase } from "../support/shapeHarness";

const python: ShapeCase = { language: "python", indent: { spaces: true, size: 4 } };
const go: ShapeCase = { language: "go", indent: { spaces: false, size: 4 } };
const rust: ShapeCase = { language: "rust", indent: { spaces: true, size: 4 } };
const java: ShapeCase = { language: "java", indent: { spaces: true, size: 4 } };
const lua: ShapeCase = { language: "lua", indent: { spaces: true, size: 2 } };
const text: ShapeCase = { language: "plaintext" };

describe("one line", () => {
  it("ends with the line, where more than that is not asked for", () => {
    expect(accepted("const a = |\n", "f(x);\nconst b = 2;\n")).toBe("const a = f(x);|\n");
    expect(accepted("x = |\n", "f(y)\nz = 2\n", python)).toBe("x = f(y)|\n");
    expect(accepted("local x = |\n", "f(y)\nlocal z\n", lua)).toBe("local x = f(y)|\n");
    expect(accepted("Once upon|\n", " a time :) there was\na king", text)).toBe("Once upon a time :) there was|\n");
    expect(accepted("if (a) {\n  b();\n  |\n}\n", "c();\n  d();\n}\n")).toBe("if (a) {\n  b();\n  c();|\n}\n");
  });

  it("may open a bracket at its end, where its content comes next", () => {
    expect(accepted("foo|\n", "(function () {\n  bar();")).toBe("foo(function () {|\n");
  });

  it("does not repeat the space before the cursor", () => {
    expect(accepted("const a = |\n", " 5;")).toBe("const a = 5;|\n");
    expect(accepted('x = "a |";\n', " b")).toBe('x = "a  b|";\n');
  });

  it("is trimmed, and nothing where only white space came", () => {
    expect(shaped("x|\n", " = 1;   ").text).toBe(" = 1;");
    expect(shaped("x|\n", "   ")).toMatchObject({ text: "", done: true, reason: "empty" });
    expect(shaped("x|\n", "")).toMatchObject({ text: "", done: true, reason: "empty" });
  });

  it("keeps a space in front of text", () => {
    expect(accepted("f(|b)\n", "a, ")).toBe("f(a, |b)\n");
    expect(accepted("f(|)\n", "a ")).toBe("f(a|)\n");
  });
});

describe("the next line", () => {
  it("is suggested where the line is finished", () => {
    expect(accepted("a();|\n", "\nb();\nc();\n")).toBe("a();\nb();|\n");
    expect(accepted("a();|\n", "\n\nfunction f() {\n  g();")).toBe("a();\n\nfunction f() {|\n");
    expect(accepted("    x = 1|\n", "\n    y = 2\n    z = 3", python)).toBe("    x = 1\n    y = 2|\n");
  });

  it("is not, in front of text, behind a dot, or after many empty lines", () => {
    expect(shaped("a(|, b);\n", "\nc")).toMatchObject({ text: "", reason: "empty" });
    expect(shaped("a.|\n", "\nb();")).toMatchObject({ text: "", reason: "empty" });
    expect(shaped("a();|\n", "\n\n\n\n\nb();")).toMatchObject({ text: "", reason: "empty" });
  });
});

describe("a body", () => {
  it("is filled to its end, closed where nothing closes it yet", () => {
    const more = "\n  if (x) {\n    y();\n  }\n  return 1;\n}\n\nfunction g() {\n";
    const filled = "\n  if (x) {\n    y();\n  }\n  return 1;\n}";
    expect(accepted("function f() {|\n", more)).toBe(`function f() {${filled}|\n`);
    expect(accepted("function f() {|}\n", more)).toBe(`function f() {${filled}|\n`);
    expect(accepted("function f() {\n  |\n}\n", more.trimStart())).toBe(
      `function f() {\n  ${filled.slice(3, -2)}|\n}\n`,
    );
    const inClass = "class A {\n  f() {|\n}\n";
    expect(accepted(inClass, "\n    g();\n  }\n\n  h() {")).toBe("class A {\n  f() {\n    g();\n  }|\n}\n");
  });

  it("of Go, Rust and Java too", () => {
    expect(accepted("func f() int {|\n}\n", "\n\tx := g()\n\treturn x\n}\n\nfunc", go)).toBe(
      "func f() int {\n\tx := g()\n\treturn x|\n}\n",
    );
    const match = "\n    match c {\n        '{' => 1,\n        '\\'' => 2,\n        _ => 3,\n    }\n}\n\nfn g() {";
    expect(accepted("fn f<'a>(c: &'a char) -> u8 {|}\n", match, rust)).toBe(
      `fn f<'a>(c: &'a char) -> u8 {${match.slice(0, match.indexOf("\n\nfn"))}|\n`,
    );
    const loop = '\n        for (var c : s) {\n            log("}" + c);\n        }\n    }\n\n    int g() {';
    expect(accepted("class A {\n    void f(List<String> s) {|\n}\n", loop, java)).toBe(
      `class A {\n    void f(List<String> s) {${loop.slice(0, loop.indexOf("\n\n    int"))}|\n}\n`,
    );
  });

  it("of Python ends with its indentation", () => {
    const more = "\n    if x:\n        return 1\n\n    return 2\n\n\ndef g():\n    pass\n";
    const filled = "\n    if x:\n        return 1\n\n    return 2";
    expect(accepted("def f(x):|\n", more, python)).toBe(`def f(x):${filled}|\n`);
    expect(accepted("def f(x):\n    |\n", more.trimStart(), python)).toBe(`def f(x):${filled}|\n`);
    expect(accepted("class A:\n    def f(self):|\n\n    def g(self): pass\n", "\n        a()\n    def", python)).toBe(
      "class A:\n    def f(self):\n        a()|\n\n    def g(self): pass\n",
    );
    expect(accepted("if x:|\n", " return 1\nfoo()", python)).toBe("if x: return 1|\n");
  });

  it("of a language without a grammar ends with its word", () => {
    const more = "\n  if x then\n    y()\n  end\nend\nfoo()";
    expect(accepted("function f()|\n", more, lua)).toBe("function f()\n  if x then\n    y()\n  end\nend|\n");
    expect(accepted("function f()|\nend\n", more, lua)).toBe("function f()\n  if x then\n    y()\n  end|\nend\n");
    const bash: ShapeCase = { language: "shellscript" };
    expect(accepted('if [ -f "$x" ]; then|\n', "\n  case $x in\n    a) y ;;\n  esac\nfi\nz", bash)).toBe(
      'if [ -f "$x" ]; then\n  case $x in\n    a) y ;;\n  esac\nfi|\n',
    );
    expect(accepted("def f|\n", "\n  x do |y|\n    z\n  end\nend\n\ndef", { language: "ruby" })).toBe(
      "def f\n  x do |y|\n    z\n  end\nend|\n",
    );
    // Of a language nobody here knows.
    expect(accepted("sub f {|\n", "\n  g;\n}\nh;", { language: "nothing" })).toBe("sub f {\n  g;\n}|\n");
  });

  it("ends with what closes the statement, and before what opens another body", () => {
    expect(accepted("useEffect(() => {|\n", "\n  f();\n}, [a]);\nx")).toBe("useEffect(() => {\n  f();\n}, [a]);|\n");
    expect(accepted("useEffect(() => {|});\n", "\n  f();\n}, [a]);\nx")).toBe("useEffect(() => {\n  f();\n}, [a]);|\n");
    expect(accepted("if (a) {|\n", "\n  f();\n} else {\n  g();\n}\n")).toBe("if (a) {\n  f();\n}|\n");
    expect(accepted("foo(|\n", "\n  a,\n  b,\n);\nbar();")).toBe("foo(\n  a,\n  b,\n);|\n");
    expect(shaped("switch (x) {\n  case 1:|\n  case 2:\n}\n", "\n    f();\n    break;\n  case 3:\n").text).toBe(
      "\n    f();\n    break;",
    );
  });

  it("moves the brackets behind the cursor to a line of their own", () => {
    expect(accepted("function f() {|}\n", "\n  g();\n")).toBe("function f() {\n  g();\n}|\n");
    expect(accepted("  it('x', () => {|});\n", "\n    g();")).toBe("  it('x', () => {\n    g();\n  });|\n");
  });

  it("stays on the line where it is closed there", () => {
    expect(accepted("import {|}\n", " a, b } from 'x';\nimport")).toBe("import { a, b } from 'x';|\n");
    expect(accepted("const f = () => {|\n", " return 1; };\nfoo();")).toBe("const f = () => { return 1; };|\n");
    expect(accepted("foo(|)\n", "a, b)\nbar")).toBe("foo(a, b|)\n");
  });

  it("that has something in it gets one line", () => {
    expect(accepted("function f() {|\n  g();\n}\n", "\n  h();\n  i();\n")).toBe("function f() {\n  h();|\n  g();\n}\n");
  });

  it("behind a comment or a docstring is seen by the grammar", () => {
    const syntax: SyntaxAt = { within: "code", body: { openerLine: 0, empty: true }, heads: [] };
    const document = "function f() {\n  // Adds.\n  |\n}\n";
    expect(shaped(document, "a();\n  b();\n}").text).toBe("a();");
    expect(shaped(document, "a();\n  b();\n}", { syntax }).text).toBe("a();\n  b();");
  });

  it("begins where its head does, however that is laid out", () => {
    const head = "def f(\n        a,\n        b):|\n\nx = 1\n";
    expect(accepted(head, "\n    return a\n\ny", python)).toBe(head.replace("|", "\n    return a|"));
    expect(accepted("void f(int a,\n       int b) {|\n", "\n    g();\n}\n", java)).toBe(
      "void f(int a,\n       int b) {\n    g();\n}|\n",
    );
  });

  it("that the model does not fill is none", () => {
    expect(accepted("switch (x) {\n  case 1:\n  |\n  case 3:\n}\n", "case 2:\n    f();\n")).toBe(
      "switch (x) {\n  case 1:\n  case 2:|\n  case 3:\n}\n",
    );
  });

  it("is none in a string or comment", () => {
    const syntax: SyntaxAt = { within: "comment", body: undefined, heads: [] };
    expect(shaped("/*\n for x {|\n*/", "\n  y\n  z\n}", { syntax }).text).toBe("\n  y");
    expect(shaped("x = `\n for y {|\n`;", "\n  y\n  z\n}").text).toBe("\n  y");
  });

  it("has at most so many lines", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `\n  f(${index});`).join("");
    expect(shaped("function f() {|\n", lines, { maxLines: 4 }).text).toBe("\n  f(0);\n  f(1);\n  f(2);");
  });
});

describe("brackets", () => {
  it("stop before one that closes what is closed already, or nothing", () => {
    expect(accepted("foo(a, |)\n", "b)\n")).toBe("foo(a, b|)\n");
    expect(accepted("foo(|, c)\n", "a, b)\n")).toBe("foo(a, b|, c)\n");
    expect(shaped("x = [\n  1,\n  |\n];\n", "];")).toMatchObject({ text: "", reason: "repeats" });
    expect(accepted("|\n", "a) + b\n")).toBe("a|\n");
    expect(accepted("x = [a|\n", ") b")).toBe("x = [a|\n");
  });

  it("close what is open and closed nowhere", () => {
    expect(accepted("foo(a, |\nbar();\n", "b);\n")).toBe("foo(a, b);|\nbar();\n");
    expect(accepted("x = [\n  1,\n  2|\n", "]\n")).toBe("x = [\n  1,\n  2]|\n");
  });

  it("behind the cursor are taken over where the text goes on behind them", () => {
    expect(shaped("foo(|);\n", "a).bar(b);")).toMatchObject({ text: "a).bar(b);", replaces: 2 });
    expect(shaped("foo(bar(|));\n", "a).b, c);")).toMatchObject({ text: "a).b, c);", replaces: 3 });
    expect(shaped('x = "|";\n', 'a" + b;')).toMatchObject({ text: 'a" + b;', replaces: 2 });
    expect(shaped("foo(|)\n", "bar()")).toMatchObject({ text: "bar()", replaces: 0 });
  });

  it("further down are told by how far their lines are indented", () => {
    expect(accepted("  foo(a,\n      |\n  bar();\n}\n", "b);\n")).toBe("  foo(a,\n      b);|\n  bar();\n}\n");
    expect(shaped("x = f(\n    a,\n    |\n)\n", "b)\n", python).text).toBe("b");
    const long = `foo(|\n${"  bar();\n".repeat(99)}`;
    expect(shaped(long, "a);").text).toBe("a);");
  });

  it("behind an open string are those of the code after it", () => {
    const document = 'def f():\n    """Writes |\n    g()\n\ndef h():\n    """Reads."""\n';
    expect(accepted(document, 'a file."""\n    g()', python)).toBe(document.replace("|", 'a file."""|'));
    expect(shaped('def f():\n    """Writes |\n    """\n', 'a file."""\n', python).text).toBe("a file.");
    expect(shaped('f("a |\ng()\n', 'b");\n').text).toBe('b");');
  });

  it("are read right where the window began inside a string", () => {
    const document = `x\n"""\ny = f(1,\n|\nz = 1\n`;
    const syntax: SyntaxAt = { within: "code", body: undefined, heads: [] };
    expect(shaped(document, "2)", { ...python, syntax }).text).toBe("2)");
  });

  it("in strings and comments do not count", () => {
    expect(accepted("f(|)\n", '")", a /* ) */)\n')).toBe('f(")", a /* ) */|)\n');
    expect(accepted("f(\n  |\n)\n", "a,  # :)\n", python)).toBe("f(\n  a,  # :)|\n)\n");
    expect(accepted("x = |\n", "/[)\\]]/.test(y);\n")).toBe("x = /[)\\]]/.test(y);|\n");
    expect(accepted("x = |\n", "`a${b ? `)` : '}'}`;\n")).toBe("x = `a${b ? `)` : '}'}`;|\n");
  });

  it("are not left open in front of text, and no comment takes it in", () => {
    expect(accepted("f(a|)\n", ", b // c)")).toBe("f(a, b|)\n");
    expect(accepted("a = |, b\n", "foo(c\n")).toBe("a = foo|, b\n");
  });
});

describe("what follows the cursor", () => {
  it("is not repeated on the line", () => {
    expect(accepted("const x = |;\n", "y;")).toBe("const x = y|;\n");
    expect(accepted("f(|, b, c);\n", "a, b")).toBe("f(a|, b, c);\n");
    expect(shaped("f(|, b, c);\n", ", b, c);")).toMatchObject({ text: "", reason: "repeats" });
    // A letter that is alike repeats nothing.
    expect(accepted("|x\n", "max ")).toBe("max |x\n");
  });

  it("is not repeated on the lines after", () => {
    expect(shaped("a();\n|\nb();\n", "b();\nc();")).toMatchObject({ text: "", reason: "repeats" });
    expect(shaped("a();\n    |\nb();\n", "b();")).toMatchObject({ text: "", reason: "repeats" });
    expect(shaped("a();\nb|\nb();\n", "();")).toMatchObject({ text: "", reason: "repeats" });
    expect(shaped("a();|\nb();\n", "\nb();\n")).toMatchObject({ text: "", reason: "repeats" });
    expect(accepted("def f():|\n\nfoo()\nbar()\n", "\n    a()\n\nfoo()", python)).toBe(
      "def f():\n    a()|\n\nfoo()\nbar()\n",
    );
    expect(accepted("if x:|\ny = 1\n", "\n    y = 1\n    z = 2\n", python)).toBe("if x:|\ny = 1\n");
  });
});

describe("going round", () => {
  it("ends before the third time", () => {
    expect(shaped("function f() {|\n", "\n  a();".repeat(9)).text).toBe("\n  a();\n  a();");
    expect(shaped("function f() {|\n", "\n  a();\n  b();".repeat(9)).text).toBe("\n  a();\n  b();".repeat(2));
  });
});

describe("indentation", () => {
  it("is the document's own, whatever the model writes", () => {
    expect(accepted("func f() {|\n}\n", "\n    if x {\n        y()\n    }\n}", go)).toBe(
      "func f() {\n\tif x {\n\t\ty()\n\t}|\n}\n",
    );
    const four: ShapeCase = { indent: { spaces: true, size: 4 } };
    expect(shaped("function f() {|\n", "\n\tif (x) {\n\t\ty();\n\t}\n}", four).text).toBe(
      "\n    if (x) {\n        y();\n    }\n}",
    );
    expect(shaped("function f() {|\n", "\n  if (x) {\n    y();\n  }\n}", four).text).toBe(
      "\n    if (x) {\n        y();\n    }\n}",
    );
    // The document says otherwise than the editor's setting.
    const tabs = "class A {\n\tx = 1;\n\ty = 2;\n\tf() {|\n}\n";
    expect(shaped(tabs, "\n        g();\n    }\n", four).text).toBe("\n\t\tg();\n\t}");
  });

  it("that is half typed is finished", () => {
    expect(accepted("def f():\n  |\n", "  return 1", python)).toBe("def f():\n    return 1|\n");
    expect(accepted("func f() {\n\tx := 1\n\t|\n}\n", "    y()", go)).toBe("func f() {\n\tx := 1\n\t\ty()|\n}\n");
  });

  it("inside a string is left alone", () => {
    expect(shaped("function f() {|\n", "\n  x = `a\n\tb\nc`;\n}").text).toBe("\n  x = `a\n\tb\nc`;\n}");
  });
});

describe("guessing", () => {
  const sure = (words: string) => piecesOf(words, 0.9);
  const unsure = (word: string) => [{ text: word, probability: 0.05 }];

  it("ends the text at the last whole word", () => {
    const cut = (pieces: Parameters<typeof runPieces>[1]) => runPieces("const x = |\n", pieces).last;
    expect(cut([...sure("foo"), ...unsure(" + bar")])).toMatchObject({ text: "foo", done: true, settled: true });
    expect(cut([...sure("one + foo"), ...unsure("bar")])).toMatchObject({ text: "one", done: true });
    expect(cut([...sure("foo(a, b"), ...unsure(", c")])).toMatchObject({ text: "foo" });
    expect(cut([...sure("foo(a)"), ...unsure(".b")])).toMatchObject({ text: "foo(a)" });
  });

  it("leaves nothing where the first word is no more than that, but a name may be spread wide", () => {
    expect(runPieces("x|\n", [{ text: " =", probability: 0.01 }]).last).toMatchObject({ text: "", reason: "unsure" });
    expect(runPieces("x|\n", [{ text: " y", probability: 0.03 }, ...sure(" = 1;")]).last.text).toBe(" y = 1;");
    expect(runPieces("x|\n", [...sure("y"), ...unsure("z")]).last.text).toBe("yz");
    expect(runPieces("f() |\n", [...sure("-> "), ...unsure("bool"), ...sure(";")]).last.text).toBe("-> bool;");
    expect(runPieces("x|\n", [...sure("y"), { text: "z", probability: 0.01 }]).last).toMatchObject({
      text: "",
      reason: "unsure",
    });
  });
});

describe("what must not be in a text", () => {
  it.each(["\u0000", "\u001b[0m", "\u202e", "\ufffd", "\u2028"])("ends it: %j", (mark) => {
    expect(shaped("x|\n", ` = foo;${mark} bar`).text).toBe(" = foo;");
  });

  it("is not hidden in a literal either", () => {
    expect(shaped("x|\n", " = y.match(/a\u202eb/);").text).toBe(" = y.match");
    expect(shaped("let x|\n", " = f('\u202e');", rust).text).toBe(" = f");
  });

  it("is no half character, however the pieces are cut", () => {
    expect(shaped('x = "|"\n', "a 😀 b").text).toBe("a 😀 b");
    expect(shaped("x|\n", " = 𝒳𝒴;").text).toBe(" = 𝒳𝒴;");
    expect(shaped("x|\n", " = a; \ud83d").text).toBe(" = a;");
  });

  it("is no carriage return, and no endless line", () => {
    expect(accepted("function f() {|\n", "\r\n  a();\r\n}\r\n")).toBe("function f() {\n  a();\n}|\n");
    const long = shaped("x|\n", ` = ${"word ".repeat(200)}`).text;
    expect(long.length).toBeLessThanOrEqual(500);
    expect(long.endsWith("word")).toBe(true);
  });
});

describe("early display", () => {
  const shown = (document: string, words: string, options?: ShapeCase) => [
    ...new Set(runPieces(document, piecesOf(words), options).shapes.flatMap((one) => (one.settled ? [one.text] : []))),
  ];

  it("begins with the first certain word and ends at words and closed brackets", () => {
    expect(shown("const x = |\n", "foo.bar(a, b).baz;\n")).toEqual([
      "foo",
      "foo.bar",
      "foo.bar(a, b)",
      "foo.bar(a, b).baz;",
    ]);
    expect(shown("const x = |\n", '"a b" + c;\n')).toEqual(['"a b"', '"a b" + c;']);
  });

  it("goes on line by line in a body", () => {
    expect(shown("function f() {|\n", "\n  g(a);\n}\n")).toEqual(["\n  g", "\n  g(a)", "\n  g(a);", "\n  g(a);\n}"]);
  });

  it("closes a body whose brackets behind the cursor have to move, as long as it grows", () => {
    expect(shown("function f() {|}\n", "\n  g(a);\n}\n")).toEqual(["\n  g", "\n  g(a)", "\n  g(a);", "\n  g(a);\n}"]);
    const { shapes } = runPieces("function f() {|}\n", piecesOf("\n  g(a);\n}\n"));
    for (const { text, closes, replaces, done } of shapes)
      expect({ text, closes, replaces }).toMatchObject(
        !text.includes("\n") || done ? { closes: "" } : { closes: "\n}", replaces: 1 },
      );
    expect(shapes.some(({ closes }) => closes !== "")).toBe(true);
  });

  it("waits for the end where brackets behind the cursor may be repeated", () => {
    expect(shown("f(|, b);\n", "a, b);")).toEqual(["a"]);
  });

  it("waits while the line may be the next one again", () => {
    expect(shown("a();\n|\nfoo.bar();\n", "foo.bar();\n")).toEqual([]);
    expect(shown("a();\n|\nfoo.bar();\n", "foo.baz();\n")).toEqual(["foo.baz", "foo.baz()", "foo.baz();"]);
  });

  it("shows a cut-off text up to where it was certain", () => {
    const { last } = runPieces("const x = |\n", piecesOf("foo.bar(a, b, c"), { stopReason: "maxTokens" });
    expect(last).toMatchObject({ text: "foo.bar", done: true, settled: true, reason: undefined });
  });
});
