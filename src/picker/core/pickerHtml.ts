import type { PickerTexts } from "./pickerTexts";

export interface PickerPage {
  /** Fresh for each page. */
  readonly nonce: string;
  /** The webview's own source for the Content-Security-Policy. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly codiconsUri: string;
  /** BCP 47. */
  readonly language: string;
  readonly texts: PickerTexts;
}

/** The picker's page: one script, nothing inline, nothing from anywhere else. */
export function pickerHtml({ nonce, cspSource, scriptUri, codiconsUri, language, texts }: PickerPage): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    "img-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="${escape(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(texts.title)}</title>
<link rel="stylesheet" href="${escape(codiconsUri)}" id="vscode-codicon-stylesheet">
</head>
<body>
<paddock-picker data-texts="${escape(JSON.stringify(texts))}"></paddock-picker>
<script type="module" nonce="${escape(nonce)}" src="${escape(scriptUri)}"></script>
</body>
</html>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
