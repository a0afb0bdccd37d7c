import { css } from "lit";

export const askStyles = css`
  paddock-ask {
    display: block;
    height: 100%;
  }
  main {
    gap: var(--gap-2);
    height: 100%;
    padding: 12px 20px 0;
  }
  paddock-turn,
  paddock-result,
  paddock-grid,
  paddock-chart,
  paddock-sql,
  paddock-plan-tree,
  paddock-question-box,
  paddock-ask-history {
    display: block;
    min-width: 0;
  }
  header {
    display: flex;
    flex: none;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-1) var(--gap-3);
  }
  .header-buttons {
    display: flex;
    flex: none;
    margin-inline-start: auto;
  }
  h1 {
    font-size: 1.3em;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  h2 {
    font-size: 1.05em;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  h3 {
    font-size: 1em;
    font-weight: 600;
  }
  .codicon-loading {
    vertical-align: -3px;
  }
  [aria-disabled="true"] {
    cursor: default;
    opacity: 0.5;
  }
  /* An answer has many of them in a row. */
  .button {
    gap: 5px;
    padding: 2px 10px;
  }
  .button .codicon {
    font-size: 14px;
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    padding: 0 7px;
    border: 1px solid var(--line);
    border-radius: 9px;
    font-size: 0.92em;
    white-space: nowrap;
  }
  .badge .codicon {
    font-size: 13px;
  }
  .badge.writes .codicon,
  .badge.unsure .codicon {
    color: var(--vscode-editorWarning-foreground, var(--text));
  }
  .badge.sure .codicon {
    color: var(--vscode-charts-green, var(--text));
  }
  .turns {
    flex: 1 1 auto;
    min-height: 0;
    margin: 0 -20px;
    padding: 0 20px 12px;
    overflow-y: auto;
  }
  .empty {
    flex: 1 1 auto;
    align-content: center;
    min-height: 0;
    padding: var(--gap-4) 0;
    overflow-y: auto;
    text-align: center;
  }
  .turn {
    display: flex;
    flex-direction: column;
    gap: var(--gap-2);
    padding: var(--gap-3) 0 var(--gap-4);
    border-top: 1px solid var(--line);
  }
  paddock-turn:first-of-type .turn {
    border-top: none;
  }
  .asked {
    display: flex;
    align-items: flex-start;
    gap: var(--gap-1);
  }
  .asked h2 {
    flex: 1;
    min-width: 0;
  }
  .question-text {
    white-space: pre-wrap;
  }
  .progress {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2);
    min-height: 26px;
  }
  .answer {
    display: flex;
    flex-direction: column;
    gap: var(--gap-2);
  }
  .answer .code-block pre {
    max-height: 40vh;
  }
  .explanation {
    max-width: 90ch;
    overflow-wrap: anywhere;
  }
  .badges:not(:has(.badge)) {
    display: none;
  }
  .badges,
  .answer-buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .uses {
    display: flex;
    flex-wrap: wrap;
    gap: 2px var(--gap-4);
  }
  .uses li {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .uses .codicon {
    margin-inline-end: 2px;
    color: var(--quiet);
    font-size: 13px;
    vertical-align: -2px;
  }
  .uses .link-button {
    font-family: var(--mono);
    font-size: 0.92em;
  }
  .used-column .link-button {
    padding-inline: 3px;
  }
  .link-button:focus-visible {
    outline-offset: 0;
  }
  .assumptions ul {
    padding-inline-start: 18px;
    list-style: disc;
    overflow-wrap: anywhere;
  }
  .tries summary {
    color: var(--quiet);
    cursor: pointer;
  }
  .tries ol {
    display: flex;
    flex-direction: column;
    gap: var(--gap-2);
    margin: var(--gap-2) 0 0;
    padding-inline-start: 22px;
  }
  .tried {
    padding-top: var(--gap-1);
    overflow-wrap: anywhere;
  }
  .tried .codicon {
    color: var(--vscode-editorError-foreground, var(--text));
    font-size: 13px;
    vertical-align: -2px;
  }
  .correction textarea {
    resize: vertical;
    font-family: var(--mono);
    font-size: var(--mono-size);
  }
  .status-line {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--gap-3);
    min-height: 1.5em;
    color: var(--quiet);
    font-size: 0.92em;
  }
  .ask-footer {
    position: relative;
    flex: none;
    padding-bottom: 12px;
  }
  .ask-footer > .callout {
    margin-bottom: var(--gap-2);
  }
  .noted {
    position: absolute;
    z-index: 3;
    right: 8px;
    bottom: calc(100% + 4px);
    max-width: calc(100% - 16px);
    padding: 3px 10px;
    overflow: hidden;
    color: var(--vscode-notifications-foreground, var(--text));
    background: var(--vscode-notifications-background, var(--vscode-editor-background));
    border: 1px solid var(--vscode-notifications-border, var(--line));
    border-radius: var(--radius-small);
    box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
    text-overflow: ellipsis;
    white-space: nowrap;
    pointer-events: none;
  }
  .question-box {
    display: flex;
    align-items: flex-end;
    gap: var(--gap-2);
    padding: 6px;
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--vscode-widget-border, var(--contrast)));
    border-radius: var(--radius);
  }
  .question-box:focus-within {
    border-color: var(--vscode-focusBorder);
  }
  .question-box textarea {
    flex: 1;
    min-width: 0;
    max-height: 30vh;
    padding: 3px 4px;
    color: var(--vscode-input-foreground);
    background: none;
    border: none;
    outline: none;
    resize: none;
  }
  .history {
    display: flex;
    flex: none;
    flex-direction: column;
    gap: var(--gap-2);
    max-height: 50vh;
    padding: var(--gap-2) var(--gap-3);
    background: var(--vscode-sideBar-background, var(--vscode-editor-background));
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  .history-head,
  .history-find {
    display: flex;
    align-items: center;
    gap: var(--gap-2);
  }
  .history-head h2 {
    flex: 1;
  }
  .history-find input {
    flex: 1;
    min-width: 0;
  }
  .history-find select,
  .chart-choice select,
  .popup select {
    width: auto;
    max-width: 100%;
    color: var(--vscode-dropdown-foreground, var(--vscode-input-foreground));
    background: var(--vscode-dropdown-background, var(--vscode-input-background));
  }
  .history-list {
    overflow-y: auto;
  }
  .history-list li {
    display: flex;
    align-items: flex-start;
    gap: var(--gap-1);
  }
  .history-entry {
    display: grid;
    flex: 1;
    min-width: 0;
    padding: 3px 6px;
    text-align: start;
  }
  .history-entry:hover {
    background: var(--vscode-list-hoverBackground, transparent);
  }
  .history-entry > * {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .history-question {
    font-weight: 600;
  }
  .history-question .codicon {
    margin-inline-end: 3px;
    font-size: 12px;
  }
  .history-sql {
    font-family: var(--mono);
    font-size: 0.92em;
  }
  .history-entry .quiet {
    font-size: 0.92em;
  }
  .plan-tree {
    max-height: 40vh;
    padding: 4px 0;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
    font-family: var(--mono);
    font-size: var(--mono-size);
  }
  .plan-line {
    display: flex;
    align-items: baseline;
    gap: 2px;
    padding: 1px 8px;
    cursor: default;
  }
  .plan-line:hover {
    background: var(--vscode-list-hoverBackground, transparent);
  }
  .plan-line .codicon {
    align-self: center;
    font-size: 13px;
  }
  .plan-text {
    overflow-wrap: anywhere;
  }
  .plan-detail {
    margin-inline-start: 12px;
    color: var(--quiet);
  }
  .indent {
    flex: none;
    width: 14px;
  }
  @media (max-width: 480px) {
    main {
      padding: 8px 10px 0;
    }
    .turns {
      margin: 0 -10px;
      padding: 0 10px 10px;
    }
  }
`;
