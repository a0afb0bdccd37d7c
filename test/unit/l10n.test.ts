import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { extractTexts, manifestKeys } from "../../scripts/l10n.mjs";

const root = path.resolve(import.meta.dirname, "../..");

it("every text of the extension is a literal that a translator can see", async () => {
  const { bundle, problems } = await extractTexts(root);
  expect(problems).toEqual([]);
  expect(Object.keys(bundle).length).toBeGreaterThan(20);
  // The starter's note comes from the manifest of the models, not from code.
  expect(Object.keys(bundle).some((text) => text.includes("says foolish things"))).toBe(true);
});

it("every %key% of package.json has its text, and every text its use", async () => {
  expect(await manifestKeys(root)).toEqual({ missing: [], unused: [] });
});

it("a text put together at run time is named with its place, and a comment becomes part of the key", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "paddock-l10n-test-"));
  try {
    await mkdir(path.join(folder, "src"));
    await writeFile(
      path.join(folder, "src/a.ts"),
      'vscode.l10n.t("one {0}", 1);\nl10n.t(`two ${name}`);\nvscode.l10n.t({ message: "Right", comment: ["a side"] });\n',
    );
    const { bundle, problems } = await extractTexts(folder);
    expect(bundle).toEqual({ "one {0}": "one {0}", "Right/a side": "Right" });
    expect(problems).toEqual(["src/a.ts:2 gives l10n.t a text that is not a literal."]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
