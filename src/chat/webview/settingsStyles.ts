import { css } from "lit";
import { overlayBox } from "./overlayBox";

/** The panel with the conversation's settings, over the conversation as the list of conversations is. */
export const settingsStyles = css`
  paddock-settings-panel {
    position: absolute;
    z-index: 2;
    inset-inline: var(--gap-2);
    top: 36px;
    max-width: 560px;
  }
  .settings {
    display: flex;
    flex-direction: column;
    gap: var(--gap-2);
    max-height: min(76vh, 640px);
    padding: var(--gap-2) var(--gap-3) var(--gap-3);
    overflow-y: auto;
    ${overlayBox}
  }
  .settings header {
    display: flex;
    align-items: center;
    justify-content: space-between;
  }
  .settings h2 {
    font-size: 1em;
    font-weight: 600;
  }
  .settings .fields {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 150px), 1fr));
    gap: var(--gap-2) var(--gap-3);
  }
  .settings .field {
    display: flex;
    flex-direction: column;
    gap: 2px;
    min-width: 0;
  }
  .settings .field label {
    font-weight: 600;
  }
  .settings textarea {
    resize: vertical;
  }
  .settings .hint {
    font-size: 0.9em;
  }
  .settings .hint.wrong {
    color: var(--vscode-errorForeground, var(--text));
  }
  .settings [aria-invalid="true"] {
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground, currentcolor));
  }
  .settings .check {
    display: flex;
    align-items: baseline;
    gap: 6px;
  }
  .settings .check input {
    accent-color: var(--vscode-button-background, auto);
  }
  .settings select {
    appearance: auto;
    /* The arrow's place. */
    padding-inline-end: 20px;
    text-overflow: ellipsis;
    color: var(--vscode-dropdown-foreground, var(--vscode-input-foreground));
    background: var(--vscode-dropdown-background, var(--vscode-input-background));
    border-color: var(--vscode-dropdown-border, var(--vscode-input-border, var(--contrast)));
  }
  .settings .preset-actions,
  .settings .naming {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-1) var(--gap-2);
  }
  .settings .naming .text-box {
    flex: 1 1 120px;
    width: auto;
  }
  .prompt-report {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px var(--gap-1);
    color: var(--quiet);
    font-size: 0.9em;
  }
`;
