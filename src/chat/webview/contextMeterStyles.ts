import { css } from "lit";

export const contextMeterStyles = css`
  paddock-composer {
    display: block;
    position: relative;
  }
  /* Stays as high while nothing is known, so that the input box does not jump. */
  .meter {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 var(--gap-2);
    min-height: 22px;
    padding-top: 2px;
    color: var(--quiet);
    font-size: 0.92em;
  }
  .meter-button {
    display: inline-flex;
    flex: none;
    align-items: center;
    gap: 6px;
    max-width: 100%;
    padding: 0 var(--gap-1);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .meter-button:hover {
    color: var(--text);
    background: var(--hover);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  .meter-button:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
  }
  .meter-bar {
    flex: none;
    width: 48px;
    height: 6px;
    border-radius: 3px;
    background: var(--vscode-editorWidget-border, var(--line));
    outline: 1px solid var(--contrast);
  }
  .vscode-high-contrast .meter-bar {
    background: transparent;
  }
  .meter-bar .meter-prompt {
    fill: var(--vscode-progressBar-background, var(--vscode-focusBorder));
  }
  .meter-bar.dropping .meter-prompt {
    fill: var(--vscode-editorWarning-foreground, var(--text));
  }
  .meter-bar.too-large .meter-prompt {
    fill: var(--vscode-editorError-foreground, var(--text));
  }
  .meter-bar .meter-answer {
    fill: var(--quiet);
    opacity: 0.5;
  }
  .meter-note {
    display: flex;
    flex: 1 0 100%;
    gap: var(--gap-1);
    min-width: 0;
    padding: 0 var(--gap-1);
    overflow-wrap: anywhere;
  }
  .meter-note .codicon {
    font-size: 14px;
    line-height: 1.4;
  }
  .meter-note.too-large {
    color: var(--text);
  }
  .meter-note.too-large .codicon {
    color: var(--vscode-editorWarning-foreground, var(--text));
  }
  .meter-panel {
    position: absolute;
    z-index: 3;
    right: var(--gap-3);
    bottom: calc(100% + var(--gap-1));
    left: var(--gap-3);
    box-sizing: border-box;
    max-width: 420px;
    padding: var(--gap-2) 10px 10px;
    overflow-y: auto;
    color: var(--vscode-editorWidget-foreground, var(--text));
    background: var(--vscode-editorWidget-background, var(--vscode-sideBar-background));
    border: 1px solid var(--vscode-editorWidget-border, var(--line));
    border-radius: var(--radius);
    box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
    overflow-wrap: anywhere;
  }
  .meter-panel header {
    display: flex;
    align-items: flex-start;
    gap: var(--gap-1);
  }
  .meter-panel h2 {
    flex: 1;
    padding-top: 2px;
    font-size: 1.08em;
    font-weight: 600;
  }
  .meter-panel h3 {
    padding-top: var(--gap-2);
    font-size: 1em;
    font-weight: 600;
  }
  .meter-panel dl > div {
    display: flex;
    gap: var(--gap-2);
    padding: 1px 0;
  }
  .meter-panel dt {
    flex: 1;
    min-width: 0;
  }
  .meter-panel dd {
    flex: none;
    font-variant-numeric: tabular-nums;
  }
  .meter-panel .total {
    margin-bottom: var(--gap-1);
    border-top: 1px solid var(--vscode-editorWidget-border, var(--line));
    font-weight: 600;
  }
  .meter-panel p {
    padding-top: var(--gap-1);
  }
`;
