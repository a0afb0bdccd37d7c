import { css } from "lit";

export const chartStyles = css`
  :root {
    --s0: var(--vscode-charts-blue, var(--vscode-textLink-foreground));
    --s1: var(--orange);
    --s2: var(--vscode-charts-green, var(--text));
    --s3: var(--vscode-charts-purple, var(--text));
    --s4: var(--vscode-charts-red, var(--text));
    --s5: var(--text);
  }
  .chart {
    padding: 12px 16px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  .chart-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--gap-1) var(--gap-4);
    padding-bottom: var(--gap-2);
  }
  .choice {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-1) var(--gap-3);
    margin: 0;
    padding: 0;
    border: none;
  }
  .choice legend {
    float: inline-start;
    padding: 0;
    color: var(--quiet);
  }
  .choice label {
    display: inline-flex;
    align-items: center;
    gap: var(--gap-1);
  }
  .choice input {
    margin: 0;
    accent-color: var(--vscode-button-background, auto);
  }
  .chart-and-table {
    display: grid;
    grid-template-columns: minmax(0, 3fr) minmax(220px, 2fr);
    gap: var(--gap-4);
    align-items: start;
  }
  .chart-and-table > div {
    min-width: 0;
  }
  .table-scroll.beside {
    max-height: 300px;
    overflow: auto;
  }
  .drawing {
    min-height: 260px;
    overflow: hidden;
  }
  .nothing-to-draw {
    padding: 80px 0;
    text-align: center;
  }
  .plot {
    display: block;
    overflow: visible;
  }
  .sample {
    width: 14px;
    height: 14px;
  }
  .plot text {
    fill: var(--text);
    font-size: 11px;
    font-family: var(--vscode-font-family, sans-serif);
  }
  .plot .tick,
  .plot .axis {
    fill: var(--quiet);
  }
  .plot .grid,
  .plot .grid-mark {
    stroke: var(--line);
    stroke-width: 1;
    opacity: 0.7;
  }
  /* Lines have the colour of borders, which in high contrast are louder than what is drawn. */
  .vscode-high-contrast .plot .grid,
  .vscode-high-contrast-light .plot .grid {
    opacity: 0.35;
  }
  .s0 {
    --own: var(--s0);
  }
  .s1 {
    --own: var(--s1);
  }
  .s2 {
    --own: var(--s2);
  }
  .s3 {
    --own: var(--s3);
  }
  .s4 {
    --own: var(--s4);
  }
  .s5 {
    --own: var(--s5);
  }
  .plot .line {
    fill: none;
    stroke: var(--own);
    stroke-width: 1.75;
  }
  .mark,
  .bar {
    fill: var(--own);
    stroke: var(--vscode-editor-background);
    stroke-width: 1;
  }
  .mark.hollow {
    fill: var(--vscode-editor-background);
    stroke: var(--own);
    stroke-width: 2;
  }
  .plot .error {
    stroke: var(--text);
    stroke-width: 1.25;
    opacity: 0.75;
  }
  .point {
    outline: none;
  }
  .point .ring {
    fill: transparent;
    stroke: transparent;
    stroke-width: 2;
  }
  .point:focus-visible .ring {
    stroke: var(--vscode-focusBorder);
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-1) var(--gap-4);
    color: var(--quiet);
    font-size: 0.92em;
    overflow-wrap: anywhere;
  }
  .chart-legend li {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .part-bar {
    display: block;
    width: 100%;
    height: 14px;
    border-radius: 3px;
    background: var(--vscode-editorWidget-border, var(--line));
    outline: 1px solid var(--contrast);
  }
  .part-bar .bar,
  .sample .bar {
    stroke-width: 0;
  }
  @media (max-width: 820px) {
    .chart-and-table {
      grid-template-columns: minmax(0, 1fr);
    }
  }
  @media (max-width: 640px) {
    .chart {
      padding: 8px;
    }
  }
`;
