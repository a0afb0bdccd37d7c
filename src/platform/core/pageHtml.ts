export interface WebviewPage {
  /** The page's element, a custom one that its script defines. */
  readonly element: string;
  /** Fresh for each page. */
  readonly nonce: string;
  /** The webview's own source for the Content-Security-Policy. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly codiconsUri: string;
  /** BCP 47. */
  readonly language: string;
  readonly title: string;
  /** All texts of the page, in the person's language. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * A webview's page: one script, nothing inline, nothing from anywhere else. The page's own styles come with the script
 * as constructed style sheets, which the policy allows; images, frames and connections are for nobody.
 */
export function pageHtml(page: WebviewPage): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${page.nonce}'`,
    `style-src ${page.cspSource}`,
    `font-src ${page.cspSource}`,
    "img-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
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
<${page.element} data-texts="${escape(JSON.stringify(page.texts))}"></${page.element}>
<script type="module" nonce="${escape(page.nonce)}" src="${escape(page.scriptUri)}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
