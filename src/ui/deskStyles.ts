import { css } from "lit";

/** Pages of the editor area that show what a desk has: a head, what failed, forms and figures one below the other. */
export const deskStyles = css`
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
  h1 {
    font-size: 1.5em;
    font-weight: 600;
    line-height: 1.3;
  }
  h2 {
    font-size: 1em;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--gap-2) var(--gap-3);
  }
  header .source {
    flex: 1 1 160px;
    min-width: 0;
    overflow-wrap: anywhere;
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
  .field label {
    display: block;
    font-weight: 600;
  }
  .text-box[aria-invalid="true"] {
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  }
  select.text-box {
    max-width: 100%;
    color: var(--vscode-dropdown-foreground, var(--vscode-input-foreground));
    background: var(--vscode-dropdown-background, var(--vscode-input-background));
  }
  .hint {
    display: block;
    color: var(--quiet);
    font-size: 0.92em;
  }
  .hint.wrong {
    color: var(--vscode-errorForeground);
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 3px;
    font-weight: 600;
  }
  @media (max-width: 640px) {
    main {
      padding: 12px 12px 24px;
    }
  }
`;
