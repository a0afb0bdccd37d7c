export interface ChatPage {
  /** Fresh for each page. */
  readonly nonce: string;
  /** The webview's own source for the Content-Security-Policy. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly codiconsUri: string;
  /** BCP 47. */
  readonly language: string;
  readonly title: string;
}

/** The chat's page: one script, nothing inline, nothing from anywhere else. */
export function chatHtml(page: ChatPage): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${page.nonce}'`,
    `style-src ${page.cspSource}`,
    `font-src ${page.cspSource}`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="${escape(page.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(page.title)}</title>
<link rel="stylesheet" href="${escape(page.codiconsUri)}" id="vscode-codicon-stylesheet">
</head>
<body>
<paddock-chat></paddock-chat>
<script type="module" nonce="${page.nonce}" src="${escape(page.scriptUri)}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
