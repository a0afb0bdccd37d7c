import { css } from "lit";

/** Rendered Markdown, code blocks, and highlight.js's classes in colours that every theme defines. */
export const markdownStyles = css`
  .md {
    display: block;
    overflow-wrap: anywhere;
  }
  .md-live {
    display: contents;
  }
  .md > *,
  .md-live > * {
    margin: 0 0 var(--gap-2);
  }
  .md > :nth-last-child(2):has(+ .md-live:empty),
  .md-live > :last-child {
    margin-bottom: 0;
  }
  .md :is(h3, h4, h5, h6) {
    margin: var(--gap-4) 0 var(--gap-2);
    font-size: 1em;
    font-weight: 600;
    line-height: 1.4;
  }
  .md h3 {
    font-size: 1.3em;
  }
  .md h4 {
    font-size: 1.15em;
  }
  .md > :is(h3, h4, h5, h6):first-child,
  .md > .md-live:first-child > :is(h3, h4, h5, h6):first-child {
    margin-top: 0;
  }
  .md :is(ul, ol) {
    padding-inline-start: 22px;
  }
  .md ul {
    list-style: disc;
  }
  .md ul ul {
    list-style: circle;
  }
  .md li {
    margin: 2px 0;
  }
  .md li > p {
    margin: 0 0 var(--gap-1);
  }
  .md li::marker {
    color: var(--quiet);
  }
  .md blockquote {
    margin-inline: 0;
    padding: 2px var(--gap-3);
    background: none;
    border-inline-start: 3px solid var(--vscode-textBlockQuote-border, var(--line));
    color: var(--quiet);
  }
  .md blockquote > :last-child {
    margin-bottom: 0;
  }
  .md hr {
    border: none;
    border-top: 1px solid var(--vscode-textSeparator-foreground, var(--line));
    margin: var(--gap-3) 0;
  }
  .md a {
    color: var(--vscode-textLink-foreground);
    text-decoration: underline;
  }
  .md a:hover {
    color: var(--vscode-textLink-activeForeground);
  }
  .md :not(pre) > code {
    padding: 1px 4px;
    color: var(--vscode-textPreformat-foreground, var(--text));
    background: var(--vscode-textPreformat-background, transparent);
    outline: 1px solid var(--contrast);
    outline-offset: -1px;
    border-radius: 3px;
    font-family: var(--mono);
    font-size: 0.92em;
  }
  .md a code {
    color: inherit;
  }
  .md :not(pre) > code.file-link {
    padding-inline: 0;
    color: var(--vscode-textLink-foreground);
    /* Themes choose the colour of links for the page, not for code's background. */
    background: transparent;
    text-decoration: underline;
    cursor: pointer;
  }
  .md :not(pre) > code.file-link:hover {
    color: var(--vscode-textLink-activeForeground);
  }
  .md :not(pre) > code.file-link:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
  }
  .md-math {
    font-family: var(--mono);
    font-size: 0.92em;
    white-space: pre-wrap;
  }
  .md-image {
    color: var(--quiet);
    font-style: italic;
  }
  .md-table {
    overflow-x: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
  }
  .md table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.95em;
    overflow-wrap: normal;
  }
  .md :is(th, td) {
    padding: var(--gap-1) var(--gap-2);
    text-align: start;
    vertical-align: top;
  }
  .md th {
    font-weight: 600;
  }
  .md td {
    border-top: 1px solid var(--line);
  }
  .md .md-center {
    text-align: center;
  }
  .md .md-right {
    text-align: end;
  }
  .code-block {
    position: relative;
    /* The editor's own: it is what the colours of code are chosen for. */
    background: var(--vscode-editor-background);
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }
  .md li .code-block {
    margin: var(--gap-1) 0;
  }
  .code-bar {
    display: flex;
    align-items: center;
    justify-content: space-between;
    position: sticky;
    z-index: 1;
    top: 0;
    min-height: 26px;
    padding: 1px 2px 1px 10px;
    background: var(--vscode-editorWidget-background, var(--vscode-sideBar-background));
    border-bottom: 1px solid var(--line);
    border-radius: var(--radius) var(--radius) 0 0;
  }
  .code-language {
    overflow: hidden;
    color: var(--quiet);
    font-size: 0.85em;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .code-buttons {
    display: flex;
    flex: none;
  }
  .code-bar .icon-button {
    width: 22px;
    height: 22px;
  }
  .icon-button.confirmed > .codicon::before {
    content: "\\eab2";
  }
  .code-block pre {
    margin: 0;
    padding: var(--gap-2) 10px;
    max-height: 70vh;
    overflow: auto;
    font-family: var(--mono);
    font-size: var(--mono-size);
    line-height: 1.45;
  }
  .code-block code {
    padding: 0;
    color: var(--vscode-editor-foreground, var(--text));
    background: none;
    font: inherit;
    overflow-wrap: normal;
    white-space: pre;
    tab-size: 4;
  }
  .code-lines {
    display: block;
  }
  .code-block code .long-text {
    display: inline;
    overflow-wrap: normal;
    white-space: pre;
  }
  .hljs-comment,
  .hljs-quote,
  .hljs-meta {
    color: var(--quiet);
    font-style: italic;
  }
  .hljs-keyword,
  .hljs-literal,
  .hljs-selector-tag,
  .hljs-name,
  .hljs-tag {
    color: var(--vscode-symbolIcon-keywordForeground, inherit);
    font-weight: 600;
  }
  .hljs-string,
  .hljs-regexp,
  .hljs-template-tag {
    color: var(--vscode-debugTokenExpression-string, inherit);
  }
  .hljs-number,
  .hljs-symbol,
  .hljs-bullet {
    color: var(--vscode-debugTokenExpression-number, inherit);
  }
  .hljs-title,
  .hljs-section,
  .hljs-selector-class,
  .hljs-selector-id {
    color: var(--vscode-symbolIcon-functionForeground, inherit);
  }
  .hljs-attr,
  .hljs-attribute,
  .hljs-variable,
  .hljs-template-variable,
  .hljs-property {
    color: var(--vscode-symbolIcon-variableForeground, inherit);
  }
  .hljs-type,
  .hljs-built_in,
  .hljs-title.class_ {
    color: var(--vscode-debugTokenExpression-name, inherit);
  }
  /* As the editor's own comparison has them; high contrast themes have borders in place of backgrounds. */
  .hljs-addition {
    background: var(--vscode-diffEditor-insertedTextBackground, transparent);
    outline: 1px dashed var(--vscode-diffEditor-insertedTextBorder, transparent);
  }
  .hljs-deletion {
    background: var(--vscode-diffEditor-removedTextBackground, transparent);
    outline: 1px dashed var(--vscode-diffEditor-removedTextBorder, transparent);
  }
  .hljs-strong {
    font-weight: 600;
  }
  .hljs-emphasis {
    font-style: italic;
  }
`;
