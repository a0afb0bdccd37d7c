import { css } from "lit";

/** A box that lies over the conversation: opaque in every theme, also in one that names no colour for quick input. */
export const overlayBox = css`
  color: var(--vscode-quickInput-foreground, var(--text));
  background: var(
    --vscode-quickInput-background,
    var(--vscode-editorWidget-background, var(--vscode-editor-background))
  );
  border: 1px solid var(--line);
  border-radius: var(--radius);
  box-shadow: 0 2px 10px var(--vscode-widget-shadow, transparent);
`;
