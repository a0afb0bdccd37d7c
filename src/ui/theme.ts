import { css } from "lit";

/**
 * Colours come from the editor's theme alone. What a theme may leave out has a fallback from the theme too; borders
 * that only high contrast themes define are transparent elsewhere, so that nothing moves when they appear.
 */
export const baseStyles = css`
  :root {
    --gap-1: 4px;
    --gap-2: 8px;
    --gap-3: 12px;
    --gap-4: 16px;
    --radius: 6px;
    --radius-small: 4px;
    --mono: var(--vscode-editor-font-family, monospace);
    --mono-size: var(--vscode-editor-font-size, 12px);
    --text: var(--vscode-foreground);
    --quiet: var(--vscode-descriptionForeground, var(--vscode-foreground));
    --line: var(--vscode-widget-border, var(--vscode-contrastBorder, var(--vscode-panel-border, transparent)));
    --contrast: var(--vscode-contrastBorder, transparent);
    --hover: var(--vscode-toolbar-hoverBackground, transparent);
    /* The editor's own charts.orange is the colour of a match, which high contrast has not and dark themes dim. */
    --orange: color-mix(in srgb, var(--vscode-charts-red), var(--vscode-charts-yellow));
  }
  html,
  body {
    height: 100%;
    margin: 0;
    padding: 0;
    overflow: hidden;
  }
  body {
    color: var(--text);
    font-family: var(--vscode-font-family, sans-serif);
    font-size: var(--vscode-font-size, 13px);
    line-height: 1.5;
  }
  button,
  input,
  select,
  textarea {
    color: inherit;
    font: inherit;
    margin: 0;
  }
  button {
    background: none;
    border: 1px solid transparent;
    border-radius: var(--radius-small);
    cursor: pointer;
    padding: 0;
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  p,
  ul,
  h1,
  h2,
  h3,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  .codicon {
    flex: none;
  }
  .sr-only {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .quiet {
    color: var(--quiet);
  }
  .grow {
    flex: 1;
  }
  .icon-button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    flex: none;
    width: 24px;
    height: 24px;
    color: var(--vscode-icon-foreground, var(--text));
  }
  .icon-button:hover,
  .model-button:hover,
  .title-button:hover {
    background: var(--hover);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  .icon-button:focus-visible,
  .model-button:focus-visible,
  .title-button:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
  }
  .link-button {
    color: var(--vscode-textLink-foreground);
    padding: 1px var(--gap-1);
    text-align: start;
  }
  .link-button:hover {
    color: var(--vscode-textLink-activeForeground);
    text-decoration: underline;
  }
  .text-box {
    box-sizing: border-box;
    width: 100%;
    padding: 3px var(--gap-2);
    color: var(--vscode-input-foreground);
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--contrast));
    border-radius: var(--radius-small);
  }
  ::placeholder {
    color: var(--vscode-input-placeholderForeground);
    opacity: 1;
  }
  .callout {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    gap: var(--gap-1) var(--gap-2);
    padding: var(--gap-2) var(--gap-2) var(--gap-2) 10px;
    background: var(--vscode-textBlockQuote-background, transparent);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    overflow-wrap: anywhere;
  }
  .callout > p {
    flex: 1 1 100px;
    min-width: 0;
  }
  .callout > .codicon {
    margin-top: 2px;
  }
  .callout p > span {
    color: var(--quiet);
  }
  .callout.error > .codicon:first-child {
    color: var(--vscode-editorError-foreground, var(--text));
  }
  .callout.warning > .codicon:first-child {
    color: var(--vscode-editorWarning-foreground, var(--text));
  }
  .callout.info > .codicon:first-child,
  .callout.model-note > .codicon:first-child {
    color: var(--vscode-editorInfo-foreground, var(--text));
  }
  .buttons {
    display: flex;
    flex: 1 1 100%;
    flex-wrap: wrap;
    gap: var(--gap-2);
    padding-top: var(--gap-1);
  }
  progress {
    appearance: none;
    display: block;
    width: 100%;
    height: 3px;
    border: none;
    border-radius: 2px;
    overflow: hidden;
    background: var(--vscode-editorWidget-border, var(--line));
    outline: 1px solid var(--contrast);
  }
  /* There the border says where it ends, and the track would have the colour of what is done. */
  .vscode-high-contrast progress {
    background: transparent;
  }
  progress::-webkit-progress-bar {
    background: transparent;
  }
  progress::-webkit-progress-value {
    background: var(--vscode-progressBar-background, var(--vscode-focusBorder));
  }
  .spinning {
    animation: spin 1.5s linear infinite;
  }
  @keyframes spin {
    to {
      transform: rotate(360deg);
    }
  }
  @keyframes blink {
    50% {
      opacity: 0;
    }
  }
  .vscode-reduce-motion * {
    animation: none !important;
    transition: none !important;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
  .invisible-mark {
    padding: 0 3px;
    color: var(--vscode-editorWarning-foreground, var(--text));
    border: 1px dashed currentcolor;
    border-radius: 3px;
    font-family: var(--mono);
    font-size: 0.85em;
    white-space: nowrap;
  }
  .long-text {
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  .long-text > button {
    display: block;
    margin-top: var(--gap-1);
  }
`;
