import { css } from "lit";

export const pickerStyles = css`
  body {
    overflow: auto;
  }
  main {
    gap: var(--gap-4);
    max-width: 1440px;
    min-height: 100%;
    margin: 0 auto;
    padding: 20px 24px 32px;
  }
  paddock-picker-limits,
  paddock-picker-scatter,
  paddock-picker-table {
    display: block;
    min-width: 0;
  }
  h1 {
    font-size: 1.5em;
    font-weight: 600;
    line-height: 1.3;
  }
  h2 {
    font-size: 1em;
    font-weight: 600;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2) var(--gap-4);
  }
  header .source {
    display: flex;
    flex: 1 1 120px;
    flex-wrap: wrap;
    gap: var(--gap-1) var(--gap-3);
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .models {
    display: flex;
    align-items: center;
    gap: var(--gap-2);
    min-width: 0;
  }
  .models select {
    max-width: 320px;
    color: var(--vscode-dropdown-foreground, var(--vscode-input-foreground));
    background: var(--vscode-dropdown-background, var(--vscode-input-background));
  }
  .looking .codicon {
    vertical-align: -3px;
  }
  /* What failed was asked for anywhere on the page, so it is said where the page is looked at. */
  .failures {
    position: sticky;
    top: 0;
    z-index: 3;
    background: var(--vscode-editor-background);
    border-radius: var(--radius);
  }
  .failures:empty {
    position: absolute;
  }
  .failures .callout {
    border-color: var(--vscode-editorError-foreground, var(--line));
  }
  .recommendation {
    display: grid;
    grid-template-columns: auto 1fr auto;
    gap: var(--gap-1) var(--gap-3);
    align-items: center;
    padding: 14px 18px;
    background: var(--vscode-textBlockQuote-background, var(--vscode-sideBar-background, transparent));
    border: 1px solid var(--line);
    border-inline-start: 3px solid var(--vscode-focusBorder);
    border-radius: var(--radius);
  }
  .recommendation.none,
  .recommendation.unknown {
    border-inline-start-color: var(--vscode-editorWarning-foreground, var(--vscode-focusBorder));
  }
  .recommendation > .codicon {
    font-size: 20px;
  }
  .recommendation .sentence {
    font-size: 1.2em;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .recommendation .reason {
    max-width: 90ch;
    color: var(--quiet);
  }
  .choices {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2);
  }
  .limits {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
    gap: var(--gap-3) var(--gap-4);
  }
  .field label {
    display: block;
    font-weight: 600;
  }
  .field .text-box[aria-invalid="true"] {
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  }
  .hint {
    display: block;
    color: var(--quiet);
    font-size: 0.92em;
  }
  .hint.wrong {
    color: var(--vscode-errorForeground);
  }
  .calibration {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2) var(--gap-3);
  }
  .calibration p {
    flex: 1 1 240px;
  }
  .calibration.none {
    padding: 10px 14px;
    border: 1px dashed var(--vscode-input-border, var(--line));
    border-radius: var(--radius);
  }
  .calibration progress {
    flex: 1 1 120px;
    max-width: 320px;
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
  .across {
    display: flex;
    align-items: center;
    gap: var(--gap-3);
    margin: 0;
    padding: 0;
    border: none;
  }
  .across legend {
    float: inline-start;
    padding: 0;
    color: var(--quiet);
  }
  .across label {
    display: inline-flex;
    align-items: center;
    gap: var(--gap-1);
  }
  .across input {
    accent-color: var(--vscode-button-background, auto);
  }
  .drawing {
    min-height: 280px;
    overflow: hidden;
  }
  .nothing-to-draw {
    padding: 120px 0;
    text-align: center;
  }
  .scatter {
    display: block;
    overflow: visible;
  }
  .scatter text {
    fill: var(--text);
    font-size: 11px;
    font-family: var(--vscode-font-family, sans-serif);
  }
  .scatter .tick,
  .scatter .axis {
    fill: var(--quiet);
  }
  .scatter .grid {
    stroke: var(--line);
    stroke-width: 1;
    opacity: 0.7;
  }
  /* Lines have the colour of borders, which in high contrast are louder than what is drawn. */
  .vscode-high-contrast .scatter .grid,
  .vscode-high-contrast-light .scatter .grid {
    opacity: 0.35;
  }
  .front-line {
    fill: none;
    stroke: var(--vscode-charts-blue, var(--vscode-textLink-foreground));
    stroke-width: 1.5;
    stroke-dasharray: 5 4;
    opacity: 0.8;
  }
  .front {
    fill: var(--vscode-charts-blue, var(--vscode-textLink-foreground));
    stroke: var(--vscode-editor-background);
    stroke-width: 1;
  }
  .near {
    fill: var(--vscode-editor-background);
    stroke: var(--vscode-charts-blue, var(--vscode-textLink-foreground));
    stroke-width: 2;
  }
  .behind {
    fill: var(--vscode-editor-background);
    stroke: var(--quiet);
    stroke-width: 1.5;
  }
  .best {
    fill: none;
    stroke: var(--text);
    stroke-width: 1.5;
  }
  .error {
    stroke: var(--quiet);
    stroke-width: 1.5;
  }
  .point {
    cursor: pointer;
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
  .point:hover .name {
    font-weight: 600;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-1) var(--gap-4);
    color: var(--quiet);
    font-size: 0.92em;
  }
  .legend b {
    color: var(--text);
    font-weight: 600;
  }
  .chart-legend li {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .sample {
    width: 14px;
    height: 14px;
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 3px;
    font-weight: 600;
  }
  .badge .codicon {
    font-size: 13px;
  }
  @media (max-width: 640px) {
    main {
      padding: 12px 12px 24px;
    }
    .recommendation {
      grid-template-columns: auto 1fr;
    }
    .choices {
      grid-column: 2;
    }
    .chart {
      padding: 8px;
    }
  }
`;
