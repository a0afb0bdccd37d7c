import { css } from "lit";

export const speedStyles = css`
  paddock-bench-form,
  paddock-speed-chart {
    display: block;
    min-width: 0;
  }
  [role="tabpanel"],
  paddock-bench-results,
  paddock-roofline,
  paddock-tune,
  paddock-requests {
    display: flex;
    flex-direction: column;
    gap: var(--gap-4);
    min-width: 0;
  }
  .intro {
    max-width: 100ch;
  }
  .button:disabled,
  .button[aria-disabled="true"] {
    opacity: 0.5;
    cursor: default;
  }
  .work {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2) var(--gap-3);
    padding: 10px 14px;
    border: 1px solid var(--line);
    border-inline-start: 3px solid var(--vscode-progressBar-background, var(--vscode-focusBorder));
    border-radius: var(--radius);
  }
  .work.paused {
    border-inline-start-color: var(--vscode-editorWarning-foreground, var(--vscode-focusBorder));
  }
  .work-label {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .work progress {
    flex: 1 1 120px;
    max-width: 320px;
  }
  .tabs {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-1) var(--gap-3);
    border-bottom: 1px solid var(--line);
  }
  .tabs button {
    padding: 4px 2px 5px;
    color: var(--quiet);
    border-radius: 0;
    border-bottom: 2px solid transparent;
  }
  .tabs button:hover {
    color: var(--text);
  }
  .tabs button[aria-selected="true"] {
    color: var(--text);
    font-weight: 600;
    border-bottom-color: var(--vscode-focusBorder);
  }
  .form {
    display: flex;
    flex-direction: column;
    gap: var(--gap-3);
    padding: 12px 16px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  .form fieldset {
    margin: 0;
    padding: 0;
    border: none;
    min-width: 0;
  }
  .form legend,
  .field-name {
    display: block;
    padding: 0;
    font-weight: 600;
  }
  .form .models {
    display: flex;
    flex-direction: column;
    gap: 2px;
    max-height: 180px;
    overflow-y: auto;
  }
  .form .models label,
  .form .choices label {
    display: inline-flex;
    align-items: baseline;
    gap: 6px;
    font-weight: 400;
    overflow-wrap: anywhere;
  }
  .form .choices label {
    margin-inline-end: var(--gap-3);
  }
  .form input[type="checkbox"],
  .inline input[type="checkbox"] {
    flex: none;
    margin: 0;
    align-self: center;
    accent-color: var(--vscode-button-background, auto);
  }
  .fields {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(220px, 1fr));
    gap: var(--gap-3) var(--gap-4);
  }
  .form summary {
    cursor: pointer;
    font-weight: 600;
  }
  .form details[open] summary {
    margin-bottom: var(--gap-2);
  }
  /* As high as the boxes beside it. */
  .fields select.text-box {
    padding-block: 4px;
  }
  .preset-buttons,
  .bar-of-actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2);
  }
  .bar-of-actions {
    gap: var(--gap-2) var(--gap-4);
  }
  .form-end {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2) var(--gap-3);
  }
  .form-end .quiet {
    flex: 1 1 200px;
  }
  .inline {
    display: inline-flex;
    align-items: center;
    gap: var(--gap-2);
    min-width: 0;
  }
  .inline > span {
    white-space: nowrap;
  }
  .inline .text-box {
    width: auto;
    min-width: 0;
  }
  .sentences {
    padding-inline-start: 1.2em;
    list-style: disc;
  }
  .sentence {
    font-size: 1.1em;
    font-weight: 600;
    padding-bottom: var(--gap-2);
    overflow-wrap: anywhere;
  }
  .chart > .quiet {
    padding-bottom: var(--gap-2);
  }
  .tuned {
    padding-top: var(--gap-2);
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-2) 28px;
    padding-bottom: var(--gap-3);
  }
  .facts dt {
    color: var(--quiet);
    font-size: 0.92em;
  }
  .facts dd {
    font-weight: 600;
  }
  .offer,
  .tuned li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2) var(--gap-4);
    padding: 10px 14px;
    margin-bottom: var(--gap-2);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    overflow-wrap: anywhere;
  }
  .offer .words,
  .tuned li > span:first-child {
    flex: 1 1 240px;
    min-width: 0;
  }
  @media (max-width: 640px) {
    .form {
      padding: 8px;
    }
    .inline {
      flex-wrap: wrap;
    }
  }
`;
