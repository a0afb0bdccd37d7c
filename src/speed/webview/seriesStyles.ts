import { css } from "lit";

/** Series of charts, which differ by colour and form, parts of a bar, by colour alone, and the table beside them. */
export const seriesStyles = css`
  :root {
    --s0: var(--vscode-charts-blue, var(--vscode-textLink-foreground));
    --s1: var(--orange);
    --s2: var(--vscode-charts-green, var(--text));
    --s3: var(--vscode-charts-purple, var(--text));
    --s4: var(--vscode-charts-red, var(--text));
    --s5: var(--text);
    --s6: var(--vscode-charts-yellow, var(--text));
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
  .s6 {
    --own: var(--s6);
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
  .part-bar {
    display: block;
    width: 100%;
    height: 14px;
    margin-bottom: var(--gap-2);
    border-radius: 3px;
    background: var(--vscode-editorWidget-border, var(--line));
    outline: 1px solid var(--contrast);
  }
  .part-bar .bar,
  .sample .bar {
    stroke-width: 0;
  }
  th .sample {
    vertical-align: -2px;
  }
  @media (max-width: 820px) {
    .chart-and-table {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;
