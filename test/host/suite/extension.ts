import * as vscode from "vscode";
import type { TestApi } from "../../../src/testApi";

/** The extension under test, activated. */
export async function paddock(): Promise<TestApi> {
  const extension = vscode.extensions.getExtension<TestApi | undefined>("paddock.paddock");
  if (extension === undefined) throw new Error("Paddock is not installed here.");
  const api = await extension.activate();
  if (api === undefined) throw new Error("Paddock was not started for a test.");
  return api;
}

export async function until<T>(what: string, probe: () => T | undefined | false, ms = 60_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`Waited ${ms} ms in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
