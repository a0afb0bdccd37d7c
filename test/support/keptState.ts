import type { Page } from "@playwright/test";

/**
 * What VS Code keeps in the browser of the workspace, of what has a word in it. It writes that down every few seconds,
 * when it is idle; a reload before loses it.
 */
export function keptState(window: Page, word: string): Promise<string> {
  return window.evaluate(async (wanted) => {
    const whole = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error("The editor's storage could not be read."));
      });
    const kept: string[] = [];
    for (const { name } of await indexedDB.databases()) {
      if (name?.startsWith("vscode-web-state-db") !== true) continue;
      const database = await whole(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const values: unknown[] = await whole(database.transaction(store).objectStore(store).getAll());
        kept.push(...values.filter((value) => typeof value === "string" && value.includes(wanted)).map(String));
      }
      database.close();
    }
    return kept.join("\n");
  }, word);
}
