import { css } from "lit";

export const tableStyles = css`
  .table-scroll {
    /* What is for screen readers alone is placed absolutely, and must scroll along. */
    position: relative;
    overflow-x: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  table {
    width: 100%;
    border-collapse: separate;
    border-spacing: 0;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 7px 8px;
    text-align: end;
    vertical-align: top;
    white-space: nowrap;
    border-bottom: 1px solid var(--line);
  }
  tbody tr:last-child > * {
    border-bottom: none;
  }
  thead th {
    padding: 0;
    font-weight: 600;
    vertical-align: bottom;
  }
  thead button {
    display: inline-flex;
    align-items: center;
    gap: 3px;
    padding: 7px 10px;
    font-weight: 600;
  }
  thead button:hover {
    background: var(--hover);
  }
  thead button .codicon {
    font-size: 12px;
  }
  .actions-heading {
    padding: 7px 10px;
  }
  th.name {
    position: sticky;
    inset-inline-start: 0;
    z-index: 1;
    max-width: 250px;
    text-align: start;
    background: var(--vscode-editor-background);
  }
  tbody th.name {
    min-width: 150px;
    font-weight: 400;
    white-space: normal;
  }
  .file-name {
    display: block;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  th.name .how {
    overflow-wrap: anywhere;
  }
  .file-name .badge {
    margin-inline-start: 6px;
    font-size: 0.92em;
  }
  .tag {
    display: inline-block;
    margin-inline-start: 4px;
    padding: 0 5px;
    color: var(--quiet);
    font-size: 0.88em;
    font-weight: 400;
    border: 1px solid var(--line);
    border-radius: 8px;
    white-space: nowrap;
  }
  th.fit {
    text-align: start;
  }
  /* The hover colour may be translucent, and other cells are scrolled under the name. */
  tbody tr:hover > *,
  tbody tr.marked > * {
    background-color: var(--vscode-editor-background);
    background-image: linear-gradient(
      var(--vscode-list-hoverBackground, transparent),
      var(--vscode-list-hoverBackground, transparent)
    );
  }
  tr.recommended > th.name {
    box-shadow: inset 3px 0 var(--vscode-focusBorder);
  }
  tr.too-large .file-name,
  tr.too-large .value {
    font-weight: 400;
  }
  .figure .value,
  .figure .how {
    display: block;
  }
  .how {
    display: block;
    color: var(--quiet);
    font-size: 0.88em;
  }
  .missing {
    color: var(--quiet);
  }
  td.memory {
    min-width: 104px;
  }
  .split {
    display: block;
    width: 100%;
    height: 5px;
    margin: 4px 0 2px;
  }
  .swatch {
    width: 8px;
    height: 8px;
  }
  .part {
    fill: var(--vscode-charts-blue, var(--vscode-textLink-foreground));
  }
  .part.kv {
    fill: var(--orange);
  }
  .part.compute {
    fill: var(--vscode-charts-green, var(--quiet));
  }
  .part.vocabulary {
    fill: var(--vscode-charts-purple, var(--text));
  }
  td.fit {
    text-align: start;
  }
  .fit-place {
    display: inline-flex;
    align-items: center;
    gap: 5px;
  }
  tr.too-large .fit-place .codicon {
    color: var(--vscode-editorError-foreground, var(--vscode-errorForeground));
  }
  td.problem {
    color: var(--text);
    text-align: start;
    white-space: normal;
  }
  td.problem .codicon {
    color: var(--vscode-editorWarning-foreground, var(--text));
    vertical-align: -3px;
  }
  td.actions {
    min-width: 104px;
  }
  /* What can be done with a file is in sight however wide the table is, where there is room for both ends of a row. */
  @media (min-width: 700px) {
    .actions-heading,
    td.actions {
      position: sticky;
      inset-inline-end: 0;
      z-index: 1;
      background: var(--vscode-editor-background);
      border-inline-start: 1px solid var(--line);
    }
  }
  td.actions > .icon-button {
    vertical-align: top;
  }
  .work {
    display: grid;
    grid-template-columns: 1fr auto;
    gap: 2px 6px;
    align-items: center;
    text-align: start;
    font-size: 0.92em;
  }
  .work progress {
    grid-column: 1;
  }
  .work .icon-button {
    grid-row: 1 / span 2;
    grid-column: 2;
  }
`;
