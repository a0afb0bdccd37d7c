import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { codeActionKinds } from "../../src/actions/core/actionKinds";

interface Entry {
  readonly command?: string;
  readonly submenu?: string;
  readonly when?: string;
}

const root = path.resolve(import.meta.dirname, "../..");
const { contributes } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
  contributes: {
    commands: { command: string }[];
    submenus: { id: string }[];
    menus: Record<string, Entry[]>;
  };
};
const { menus } = contributes;
const source = execFileSync("git", ["ls-files", "-z", "src"], { cwd: root, encoding: "utf8" })
  .split("\0")
  .filter((name) => name.endsWith(".ts"))
  .map((name) => readFileSync(path.join(root, name), "utf8"))
  .join("\n");

it("menus show commands and submenus that there are", () => {
  const known = new Set([
    ...contributes.commands.map(({ command }) => command),
    ...contributes.submenus.map(({ id }) => id),
  ]);
  const shown = Object.values(menus).flatMap((entries) => entries.map(({ command, submenu }) => command ?? submenu));
  expect(shown.filter((name) => name === undefined || !known.has(name))).toEqual([]);
});

it("what a menu waits for, the extension tells", () => {
  // Views, editors and the participant have names of the same form.
  const named = new Set(source.match(/"paddock\.\w+"/gu));
  const keys = Object.values(menus).flatMap((entries) =>
    entries.flatMap(({ when = "" }) => when.replaceAll(/\bview == \S+/gu, "").match(/\bpaddock\.\w+/gu) ?? []),
  );
  expect(keys.length).toBeGreaterThan(0);
  expect([...new Set(keys)].filter((key) => !named.has(`"${key}"`))).toEqual([]);
});

it("an editor's menu has one entry of Paddock's, and all actions on code in it", () => {
  expect(menus["editor/context"]?.map(({ submenu }) => submenu)).toEqual(["paddock.actions"]);
  const inside = menus["paddock.actions"]?.map(({ command }) => command) ?? [];
  expect(new Set(inside).size).toBe(inside.length);
  const perKind = inside.filter((command) => /\.(\w+Code|suggestNames|writeTests)$/u.test(command ?? ""));
  expect(perKind).toHaveLength(codeActionKinds.length);
});

it("the palette offers actions only where there is something that they are about", () => {
  const when = new Map(menus.commandPalette?.map(({ command, when: wanted }) => [command, wanted] as const));
  const onCode = (menus["paddock.actions"] ?? []).filter(({ command }) => command !== "paddock.runAction");
  const always = new Set(["paddock.runPromptFile", "paddock.addFileToChat", "paddock.addSymbolToChat"]);
  expect(onCode.map(({ command }) => command).filter((name) => !always.has(name ?? "") && !when.has(name))).toEqual([]);
});
