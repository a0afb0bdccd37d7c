/** What VS Code gives a webview's page, once. */
export interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** @throws when called a second time in one page: VS Code hands it out once. */
export function vsCodeApi(): VsCodeApi {
  return acquireVsCodeApi();
}
