import { css } from "lit";

/** Tables of tensors, metadata and layers, and the colours of types. */
export const tableStyles = css`
  paddock-tensors,
  paddock-metadata,
  .layers-panel {
    display: flex;
    flex-direction: column;
    gap: var(--gap-2);
    height: 100%;
  }
  paddock-virtual-table {
    display: block;
    flex: 1;
    min-height: 0;
    min-width: 0;
  }
  paddock-virtual-table > .scroller {
    height: 100%;
  }
  .toolbar {
    display: flex;
    flex: none;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-1) var(--gap-3);
  }
  .toolbar .text-box {
    flex: 1 1 180px;
    max-width: 400px;
  }
  .inspector table {
    width: 100%;
    border-collapse: separate;
    border-spacing: 0;
    font-variant-numeric: tabular-nums;
  }
  .inspector th,
  .inspector td {
    padding: 0 var(--gap-2);
    font-weight: normal;
    text-align: start;
    vertical-align: middle;
    white-space: nowrap;
  }
  .inspector thead th {
    position: sticky;
    z-index: 1;
    top: 0;
    background: var(--vscode-editor-background);
    border-bottom: 1px solid var(--line);
    color: var(--quiet);
  }
  .inspector th.figure,
  .inspector td.figure {
    text-align: end;
  }
  .inspector tbody tr:hover > td {
    background: var(--vscode-list-hoverBackground);
  }
  .inspector thead button {
    display: inline-flex;
    align-items: center;
    gap: 2px;
  }
  .inspector thead button:hover {
    color: var(--text);
    text-decoration: underline;
  }
  .inspector thead .codicon {
    font-size: 12px;
  }
  paddock-virtual-table table {
    min-width: 600px;
    table-layout: fixed;
  }
  paddock-virtual-table tbody td {
    box-sizing: border-box;
    height: 24px;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .column-name,
  .column-key,
  .column-value {
    font-family: var(--mono);
    font-size: var(--mono-size);
  }
  th.column-type {
    width: 84px;
  }
  th.column-shape {
    width: 140px;
  }
  th.column-size {
    width: 76px;
  }
  th.column-share {
    width: 130px;
  }
  th.column-part {
    width: 48px;
  }
  th.column-key {
    width: 40%;
  }
  th.column-kind {
    width: 74px;
  }
  .column-share .bar {
    width: 56px;
    height: 8px;
    vertical-align: middle;
  }
  .column-share span {
    display: inline-block;
    min-width: 44px;
  }
  .bar rect {
    fill: var(--vscode-progressBar-background, var(--vscode-focusBorder));
  }
  .metadata-panes {
    display: flex;
    flex: 1;
    flex-direction: column;
    gap: var(--gap-2);
    min-height: 0;
  }
  .value-cell {
    display: flex;
    align-items: center;
    gap: var(--gap-2);
    height: 22px;
  }
  .short-value {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .value-size {
    flex: none;
    font-family: var(--vscode-font-family, sans-serif);
  }
  .value-cell .icon-button {
    height: 22px;
  }
  .value-pane {
    display: flex;
    flex: 1 1 45%;
    flex-direction: column;
    min-height: 0;
    border-top: 1px solid var(--line);
    padding-top: var(--gap-2);
  }
  .value-pane header {
    display: flex;
    align-items: center;
    gap: var(--gap-1);
  }
  .value-pane h2 {
    flex: 1;
    font-family: var(--mono);
    overflow-wrap: anywhere;
  }
  .value-text {
    flex: 1;
    min-height: 0;
    overflow: auto;
  }
  .value-text pre {
    margin: 0;
    font-family: var(--mono);
    font-size: var(--mono-size);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  .layers-panel {
    overflow: auto;
  }
  .legend ul,
  .others ul {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-1) var(--gap-3);
  }
  .layer-map {
    flex: 0 1 auto;
    min-height: 160px;
  }
  .inspector .layer-map table {
    width: auto;
  }
  .inspector .layer-map th,
  .inspector .layer-map td {
    padding: 1px;
    text-align: center;
  }
  .inspector .layer-map th[scope="row"],
  .inspector .layer-map .corner {
    position: sticky;
    left: 0;
    padding: 0 var(--gap-2);
    background: var(--vscode-editor-background);
    color: var(--quiet);
    text-align: end;
    vertical-align: bottom;
  }
  .inspector .layer-map .corner {
    z-index: 2;
  }
  .layer-map .role span {
    display: inline-block;
    max-height: 14em;
    font-family: var(--mono);
    font-size: var(--mono-size);
    writing-mode: vertical-rl;
    rotate: 180deg;
  }
  .layer-map .type {
    display: block;
  }
  .others {
    flex: none;
    padding-bottom: var(--gap-3);
  }
  .type {
    --hue: var(--quiet);
    display: inline-block;
    box-sizing: border-box;
    min-width: 4.6em;
    padding: 0 5px;
    border: 1px solid color-mix(in srgb, var(--hue) 60%, transparent);
    border-radius: 3px;
    background: color-mix(in srgb, var(--hue) 22%, transparent);
    color: var(--text);
    font-family: var(--mono);
    font-size: 11px;
    line-height: 16px;
    text-align: center;
  }
  .bits-1 {
    --hue: var(--vscode-charts-red);
  }
  .bits-2 {
    --hue: var(--orange);
  }
  .bits-3 {
    --hue: var(--vscode-charts-yellow);
  }
  .bits-4 {
    --hue: var(--vscode-charts-green);
  }
  .bits-5 {
    --hue: color-mix(in srgb, var(--vscode-charts-green), var(--vscode-charts-blue));
  }
  .bits-6 {
    --hue: var(--vscode-charts-blue);
  }
  .bits-7 {
    --hue: var(--vscode-charts-purple);
  }
  .bits-9 {
    border-style: dotted;
    background: transparent;
  }
  .vscode-high-contrast .type {
    background: transparent;
    border-color: var(--hue);
  }
`;
