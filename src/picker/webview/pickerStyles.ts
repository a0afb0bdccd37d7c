import { css } from "lit";

export const pickerStyles = css`
  paddock-picker-limits,
  paddock-picker-scatter,
  paddock-picker-table {
    display: block;
    min-width: 0;
  }
  header .source {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-1) var(--gap-3);
  }
  .models {
    display: flex;
    align-items: center;
    gap: var(--gap-2);
    min-width: 0;
  }
  .models select {
    max-width: 320px;
  }
  .looking .codicon {
    vertical-align: -3px;
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
  .calibration {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2) var(--gap-3);
  }
  .calibration p {
    flex: 1 1 240px;
  }
  .calibration .noisy {
    flex: 1 0 100%;
    margin: 0;
  }
  .calibration .noisy .codicon {
    color: var(--vscode-editorWarning-foreground, var(--text));
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
  .point {
    cursor: pointer;
  }
  .point:hover .name {
    font-weight: 600;
  }
  .legend b {
    color: var(--text);
    font-weight: 600;
  }
  .badge .codicon {
    font-size: 13px;
  }
  @media (max-width: 640px) {
    .recommendation {
      grid-template-columns: auto 1fr;
    }
    .choices {
      grid-column: 2;
    }
  }
`;
