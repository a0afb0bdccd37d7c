import { css } from "lit";

export const gridStyles = css`
  .grid {
    --row-height: 24px;
    position: relative;
    box-sizing: border-box;
    max-height: min(62vh, 560px);
    overflow: auto;
    direction: ltr;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
    background: var(--vscode-editor-background);
    font-family: var(--mono);
    font-size: var(--mono-size);
    line-height: var(--row-height);
    user-select: none;
    contain: layout paint;
  }
  .grid:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
  }
  .grid-headgroup {
    position: sticky;
    top: 0;
    z-index: 2;
  }
  .grid-head {
    position: relative;
    height: 40px;
    background: var(--vscode-keybindingTable-headerBackground, var(--vscode-editor-background));
    background-color: var(--vscode-editor-background);
    border-bottom: 1px solid var(--line);
  }
  .grid-body {
    position: relative;
  }
  .grid-row {
    position: absolute;
    left: 0;
    width: 100%;
    height: var(--row-height);
  }
  .grid-row:hover {
    background: var(--vscode-list-hoverBackground, transparent);
  }
  .grid-heading,
  .grid-cell {
    position: absolute;
    top: 0;
    box-sizing: border-box;
    height: 100%;
    padding: 0 8px;
    overflow: hidden;
    border-inline-end: 1px solid var(--line);
  }
  .grid-cell {
    text-align: start;
    text-overflow: ellipsis;
    white-space: pre;
    unicode-bidi: isolate;
  }
  .grid-cell.number {
    text-align: end;
  }
  .grid-cell.null,
  .grid-cell.bytes {
    color: var(--quiet);
    font-style: italic;
  }
  .grid-cell.boolean {
    color: var(--vscode-symbolIcon-booleanForeground, inherit);
  }
  .grid-number {
    position: sticky;
    left: 0;
    z-index: 1;
    box-sizing: border-box;
    height: 100%;
    padding: 0 8px;
    color: var(--quiet);
    background: var(--vscode-editor-background);
    border-inline-end: 1px solid var(--line);
    text-align: end;
  }
  .grid-number.selected {
    color: var(--text);
    font-weight: 600;
  }
  .grid-cell.selected {
    background: var(--vscode-list-inactiveSelectionBackground, var(--hover));
    color: var(--vscode-list-inactiveSelectionForeground, var(--text));
  }
  .grid:focus .grid-cell.selected {
    background: var(--vscode-list-activeSelectionBackground, var(--hover));
    color: var(--vscode-list-activeSelectionForeground, var(--text));
  }
  .grid-cell.active,
  .grid-heading.active {
    outline: 1px solid var(--vscode-contrastActiveBorder, var(--quiet));
    outline-offset: -2px;
  }
  .grid:focus :is(.grid-cell, .grid-heading).active {
    outline: 2px solid var(--vscode-focusBorder);
  }
  .vscode-high-contrast .grid-cell.selected,
  .vscode-high-contrast-light .grid-cell.selected {
    text-decoration: underline;
  }
  .grid-heading {
    display: grid;
    grid-template-columns: 1fr auto auto;
    grid-template-rows: 21px 18px;
    padding-inline-end: 6px;
    cursor: pointer;
  }
  .grid-heading:hover {
    background: var(--vscode-list-hoverBackground, transparent);
  }
  .grid-name {
    overflow: hidden;
    font-weight: 600;
    line-height: 22px;
    text-overflow: ellipsis;
    white-space: pre;
    unicode-bidi: isolate;
  }
  .grid-type {
    grid-row: 2;
    grid-column: 1 / span 3;
    overflow: hidden;
    color: var(--quiet);
    font-size: 0.85em;
    line-height: 16px;
    text-overflow: ellipsis;
    white-space: pre;
  }
  /* Its number stands in the icon's element, whose font has no digits. */
  .grid-heading .grid-mark {
    grid-row: 1;
    grid-column: 2;
    font-family: codicon, var(--mono);
    font-size: 12px;
    line-height: 22px;
  }
  .grid-mark.off {
    visibility: hidden;
  }
  .grid-menu {
    grid-row: 1;
    grid-column: 3;
    width: 20px;
    height: 20px;
    line-height: 18px;
    visibility: hidden;
  }
  .grid-menu .codicon {
    font-size: 13px;
  }
  .grid-menu.on,
  .grid-heading:hover .grid-menu,
  .grid-heading.active .grid-menu {
    visibility: visible;
  }
  .grid-menu.on {
    color: var(--vscode-textLink-foreground);
  }
  .grid-menu:hover {
    background: var(--hover);
  }
  .grid-handle {
    position: absolute;
    top: 0;
    right: 0;
    width: 6px;
    height: 100%;
    cursor: col-resize;
    touch-action: none;
  }
  .grid-handle:hover {
    background: var(--vscode-sash-hoverBorder, var(--vscode-focusBorder));
  }
`;
