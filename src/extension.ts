import type * as vscode from "vscode";
import { type App, createApp } from "./app";

let app: App | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<App["testApi"]> {
  app = await createApp(context);
  return app.testApi;
}

export async function deactivate(): Promise<void> {
  const closing = app;
  app = undefined;
  await closing?.close();
}
