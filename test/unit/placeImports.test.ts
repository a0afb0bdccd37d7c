import { expect, test } from "vitest";
import { withImports } from "../../src/actions/core/placeImports";

const eol = "\n";
const place = (languageId: string, lines: readonly string[], added: string): string[] =>
  withImports(lines.join("\n"), [added], { languageId, eol }).split("\n");

test("imports go below the last one, after all of its lines", () => {
  const script = ['import a from "a";', "import {", "  b,", '} from "b";', "", "use(a, b);"];
  expect(place("typescript", script, 'import c from "c";')).toEqual([
    ...script.slice(0, 4),
    'import c from "c";',
    ...script.slice(4),
  ]);
  const python = ["import os", "from typing import (", "    Any,", ")", "", "def f(): pass"];
  expect(place("python", python, "import re")).toEqual([...python.slice(0, 4), "import re", ...python.slice(4)]);
  const c = ["#include <stdio.h>", "", "int main(void) { return 0; }"];
  expect(place("c", c, "#include <string.h>")).toEqual([c[0], "#include <string.h>", ...c.slice(1)]);
});

test("a file without imports keeps its first lines first", () => {
  const bodies = {
    javascript: ["#!/usr/bin/env node", "// Of the house.", '"use strict";', "", "run();"],
    python: ["#!/usr/bin/env python3", '"""What it does.', "", 'And how."""', "", "run()"],
    php: ["<?php", "", "run();"],
    java: ["/* The licence", " * and more. */", "package a.b;", "", "class A {}"],
  };
  for (const [languageId, lines] of Object.entries(bodies)) {
    const blank = lines.lastIndexOf("");
    expect(place(languageId, lines, "ADDED")).toEqual([...lines.slice(0, blank), "ADDED", ...lines.slice(blank)]);
  }
  expect(place("typescript", ["run();"], "ADDED")).toEqual(["ADDED", "run();"]);
  expect(place("python", ['"""One line."""', "run()"], "ADDED")).toEqual(['"""One line."""', "ADDED", "run()"]);
  expect(place("typescript", ["/* one */", "run();"], "ADDED")).toEqual(["/* one */", "ADDED", "run();"]);
  expect(withImports("a\r\nb", ["c"], { languageId: "typescript", eol: "\r\n" })).toBe("c\r\na\r\nb");
});
