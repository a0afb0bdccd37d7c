import { css } from "lit";

/** What pages in the editor area have in common: they are wide, and have forms and buttons with words. */
export const panelStyles = css`
  /* Check boxes, radio buttons and lists to choose from are the browser's own. */
  .vscode-dark,
  .vscode-high-contrast {
    color-scheme: dark;
  }
  .vscode-light,
  .vscode-high-contrast-light {
    color-scheme: light;
  }
  main {
    display: flex;
    flex-direction: column;
    box-sizing: border-box;
  }
  .opening {
    padding: var(--gap-4) 0;
  }
  .button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    flex: none;
    padding: 4px 12px;
    color: var(--vscode-button-foreground);
    background: var(--vscode-button-background);
    border-color: var(--vscode-button-border, transparent);
  }
  .button:hover {
    background: var(--vscode-button-hoverBackground, var(--vscode-button-background));
  }
  .button:focus-visible {
    outline-offset: 2px;
  }
  .button.secondary {
    color: var(--vscode-button-secondaryForeground);
    background: var(--vscode-button-secondaryBackground);
    border-color: var(--vscode-button-secondaryBorder, var(--vscode-contrastBorder, transparent));
  }
  .button.secondary:hover {
    background: var(--vscode-button-secondaryHoverBackground, var(--vscode-button-secondaryBackground));
  }
`;
