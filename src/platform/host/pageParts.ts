import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { WebviewPage } from "../core/pageHtml";

/** What a page takes of the webview that it is in. */
export type PageParts = Pick<WebviewPage, "nonce" | "cspSource" | "scriptUri" | "codiconsUri" | "language">;

/**
 * Lets a webview read what was built for webviews, and nothing else.
 * @param script of dist/webview, without its ending.
 * @returns what its page is made of, with a fresh nonce.
 */
export function pageParts(webview: vscode.Webview, extensionUri: vscode.Uri, script: string): PageParts {
  const folder = vscode.Uri.joinPath(extensionUri, "dist", "webview");
  const inFolder = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  return {
    nonce: randomBytes(16).toString("base64"),
    cspSource: webview.cspSource,
    scriptUri: inFolder(`${script}.js`),
    codiconsUri: inFolder("codicon.css"),
    language: vscode.env.language,
  };
}
