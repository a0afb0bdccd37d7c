import { css } from "lit";

/** The page's frame: head, tabs, messages. */
export const inspectorStyles = css`
  paddock-inspector {
    display: block;
    height: 100vh;
  }
  .inspector {
    box-sizing: border-box;
    display: flex;
    flex-direction: column;
    gap: var(--gap-2);
    height: 100%;
    padding: var(--gap-3) var(--gap-4) 0;
    background: var(--vscode-editor-background);
  }
  .inspector > header {
    flex: none;
  }
  .inspector h1 {
    font-size: 1.5em;
    font-weight: 600;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }
  .inspector h2 {
    display: flex;
    align-items: center;
    gap: var(--gap-2);
    font-size: 1.1em;
    font-weight: 600;
  }
  .file {
    font-family: var(--mono);
    font-size: var(--mono-size);
    overflow-wrap: anywhere;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-1) var(--gap-2);
    padding-top: var(--gap-1);
  }
  .chips li {
    padding: 0 var(--gap-2);
    border: 1px solid var(--line);
    border-radius: 1em;
    font-variant-numeric: tabular-nums;
  }
  .inspector code {
    font-family: var(--mono);
    font-size: var(--mono-size);
    overflow-wrap: anywhere;
  }
  [role="tablist"] {
    display: flex;
    flex: none;
    flex-wrap: wrap;
    gap: var(--gap-1);
    border-bottom: 1px solid var(--line);
  }
  [role="tab"] {
    padding: var(--gap-1) var(--gap-3);
    border-radius: 0;
    border-bottom: 2px solid transparent;
    color: var(--quiet);
  }
  [role="tab"]:hover {
    color: var(--text);
  }
  [role="tab"][aria-selected="true"] {
    color: var(--text);
    border-bottom-color: var(--vscode-focusBorder);
  }
  [role="tabpanel"] {
    flex: 1;
    min-height: 0;
  }
  .scroller {
    overflow: auto;
  }
  .empty {
    padding: var(--gap-4);
  }
  .waiting,
  .failed {
    align-items: center;
    justify-content: center;
    gap: var(--gap-3);
    text-align: center;
  }
  .waiting .codicon {
    animation: spin 1.5s linear infinite;
    vertical-align: middle;
  }
  .failed [role="alert"] {
    max-width: 46em;
    overflow-wrap: anywhere;
  }
  .failed .codicon {
    font-size: 32px;
    color: var(--vscode-editorWarning-foreground, var(--text));
  }
  @media (width < 480px) {
    .inspector {
      padding: var(--gap-2) var(--gap-2) 0;
    }
    [role="tab"] {
      padding: var(--gap-1) var(--gap-2);
    }
  }
  @media (height < 420px) {
    paddock-inspector {
      height: auto;
    }
    .inspector {
      height: auto;
      min-height: 100vh;
    }
    html,
    body {
      overflow: auto;
    }
  }
`;
