import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { defaultSettings, parseSettings, settingKeys } from "../../src/platform/core/settings";

interface Declared {
  readonly contributes: {
    readonly configuration: { readonly properties: Record<string, { default: unknown; scope: string }> };
  };
}
const declared = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as Declared;

describe("settings", () => {
  it("are declared in package.json with the defaults the code uses", () => {
    const properties = declared.contributes.configuration.properties;
    expect(Object.keys(properties).sort()).toEqual(settingKeys.map((key) => `paddock.${key}`).sort());
    for (const key of settingKeys) expect(properties[`paddock.${key}`]?.default).toEqual(defaultSettings[key]);
  });

  it("keep a workspace from choosing model files, their folders or the engine's switches", () => {
    const properties = declared.contributes.configuration.properties;
    for (const key of settingKeys.filter((name) => /^(?:engine|models)\.|(?:^|\.)model$/.test(name))) {
      expect(properties[`paddock.${key}`]?.scope).toBe("machine");
    }
  });

  it("fall back one by one when a value is refused, and say which", () => {
    const problems: string[] = [];
    const raw: Record<string, unknown> = {
      "engine.threads": -1,
      "engine.gpu": "quantum",
      "chat.maxTokens": 64,
      model: 7,
    };
    const settings = parseSettings(
      (key) => raw[key],
      (problem) => problems.push(problem),
    );
    expect(settings).toEqual({ ...defaultSettings, "chat.maxTokens": 64 });
    expect(problems).toHaveLength(3);
    expect(problems.join()).toContain("paddock.engine.threads");
  });
});
