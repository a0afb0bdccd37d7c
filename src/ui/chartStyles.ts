import { css } from "lit";

/** Charts drawn by hand, with what stands above and below them. */
export const chartStyles = css`
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
  @media (max-width: 640px) {
    .chart {
      padding: 8px;
    }
  }
`;
