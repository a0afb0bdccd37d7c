import { css } from "lit";

export const speedTableStyles = css`
  .table-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2) var(--gap-4);
  }
  .table-head h2 {
    flex: 1 1 120px;
  }
  .table-scroll {
    min-width: 0;
    overflow-x: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    padding: 5px 10px;
    text-align: start;
    vertical-align: top;
    border-bottom: 1px solid var(--line);
  }
  tbody tr:last-child > * {
    border-bottom: none;
  }
  thead th {
    color: var(--quiet);
    font-weight: 600;
    white-space: nowrap;
  }
  tbody th {
    font-weight: 600;
  }
  tbody tr:hover > * {
    background: var(--vscode-list-hoverBackground, transparent);
  }
  .number {
    text-align: end;
    white-space: nowrap;
  }
  .results .model-name {
    min-width: 150px;
    overflow-wrap: anywhere;
  }
  .results .test,
  .when {
    white-space: nowrap;
  }
  .worth {
    min-width: 140px;
  }
  .value {
    font-weight: 600;
  }
  .how {
    display: block;
    color: var(--quiet);
    font-size: 0.92em;
    font-weight: 400;
  }
  .tag {
    display: inline-block;
    padding: 0 5px;
    border: 1px solid var(--line);
    border-radius: 3px;
    font-size: 0.92em;
  }
  .doubtful .codicon {
    color: var(--vscode-editorWarning-foreground, var(--text));
    vertical-align: -3px;
  }
  .good .codicon {
    vertical-align: -3px;
  }
  .total > * {
    font-weight: 600;
  }
  td .codicon,
  .sentence .codicon {
    vertical-align: -3px;
  }
`;
