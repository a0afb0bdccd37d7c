import { css } from "lit";

/** The conversation itself: questions, answers, and what stands under an answer. */
export const conversationStyles = css`
  .log-frame {
    position: relative;
    flex: 1;
    min-height: 0;
  }
  /* Positioned, or what is there for screen readers only would lie outside it and make the page scroll. */
  .log {
    position: relative;
    height: 100%;
    overflow-x: hidden;
    overflow-y: auto;
    overflow-anchor: none;
  }
  .log.reading {
    overflow-anchor: auto;
  }
  .log-content {
    box-sizing: border-box;
    min-height: 100%;
    padding: var(--gap-2) var(--gap-4) var(--gap-3);
  }
  .earlier {
    display: block;
    margin: 0 auto var(--gap-3);
  }
  .jump {
    position: absolute;
    inset-inline-end: 18px;
    bottom: var(--gap-2);
    width: 28px;
    height: 28px;
    /* A widget's colours and not a button's: those let through what is behind them in some themes, and here that is text. */
    color: var(--vscode-editorWidget-foreground, var(--text));
    background: var(--vscode-editorWidget-background, var(--vscode-editor-background));
    border: 1px solid var(--line);
    border-radius: 50%;
    box-shadow: 0 1px 6px var(--vscode-widget-shadow, transparent);
  }
  .jump .codicon {
    vertical-align: middle;
  }
  paddock-message {
    display: block;
    margin-bottom: var(--gap-4);
  }
  paddock-message.revealed {
    border-radius: var(--radius);
    outline: 2px solid var(--vscode-focusBorder);
    outline-offset: 4px;
    scroll-margin: 16px;
  }
  article:focus-visible {
    border-radius: var(--radius);
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: 3px;
    scroll-margin: 16px;
  }
  paddock-message.from-user {
    display: flex;
    flex-direction: column;
    align-items: flex-end;
  }
  paddock-message.from-user:not(.editing) {
    margin-bottom: var(--gap-1);
  }
  .from-user .edit {
    opacity: 0;
  }
  .from-user:hover .edit,
  .from-user:focus-within .edit,
  .has-versions .edit {
    opacity: 1;
  }
  .from-user.editing .question {
    width: 100%;
    max-width: 100%;
  }
  .question-editor textarea {
    box-sizing: border-box;
    display: block;
    width: 100%;
    max-height: 50vh;
    padding: var(--gap-1) 6px;
    color: var(--vscode-input-foreground);
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--line));
    border-radius: var(--radius);
    font: inherit;
    resize: none;
  }
  .question-editor textarea:focus {
    border-color: var(--vscode-focusBorder);
    outline: none;
  }
  .question-editor .buttons {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 6px;
    margin-top: 6px;
  }
  .versions {
    display: flex;
    align-items: center;
    color: var(--quiet);
    font-size: 0.88em;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .versions .icon-button[aria-disabled="true"] {
    cursor: default;
    opacity: 0.4;
  }
  paddock-message.last {
    margin-bottom: 0;
  }
  .question {
    box-sizing: border-box;
    max-width: 92%;
    padding: 6px 10px;
    background: var(--vscode-chat-requestBubbleBackground, var(--vscode-list-inactiveSelectionBackground));
    border: 1px solid var(--vscode-chat-requestBorder, var(--contrast));
    border-radius: var(--radius);
  }
  .answer-parts > * {
    margin-bottom: var(--gap-2);
  }
  .phase {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 6px;
    color: var(--quiet);
    font-size: 0.92em;
  }
  .phase progress {
    flex: 1 1 100%;
    max-width: 260px;
  }
  .phase .codicon {
    font-size: 14px;
  }
  .caret {
    width: 7px;
    height: 14px;
    background: var(--vscode-editorCursor-foreground, var(--text));
    animation: blink 1.1s steps(1) infinite;
  }
  .answer > .callout {
    margin-bottom: var(--gap-2);
  }
  .answer-foot {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 0 var(--gap-2);
    margin-inline-start: -5px;
  }
  .toolbar {
    display: flex;
    margin-inline-start: auto;
  }
  paddock-answer-footer {
    min-width: 0;
  }
  .speed {
    display: flex;
    align-items: center;
    gap: 6px;
    max-width: 100%;
    padding: 1px 5px;
    color: var(--quiet);
    font-size: 0.88em;
    font-variant-numeric: tabular-nums;
    text-align: start;
  }
  .speed:hover,
  .speed[aria-expanded="true"] {
    color: var(--text);
    background: var(--hover);
  }
  .speed .codicon {
    font-size: 13px;
  }
  .figures {
    display: flex;
    flex-wrap: wrap;
    min-width: 0;
  }
  .figure {
    white-space: nowrap;
  }
  .figure:not(:last-child)::after {
    content: "·";
    margin: 0 5px;
  }
  .speed-box {
    position: fixed;
    inset: auto;
    box-sizing: border-box;
    width: max-content;
    max-width: min(380px, calc(100vw - 16px));
    max-height: calc(100vh - 16px);
    margin: 0;
    padding: var(--gap-2) var(--gap-3);
    overflow: auto;
    color: var(--vscode-editorHoverWidget-foreground, var(--text));
    background: var(
      --vscode-editorHoverWidget-background,
      var(--vscode-editorWidget-background, var(--vscode-editor-background))
    );
    border: 1px solid var(--vscode-editorHoverWidget-border, var(--line));
    border-radius: var(--radius);
    box-shadow: 0 2px 10px var(--vscode-widget-shadow, transparent);
    font-size: 0.92em;
  }
  .speed-box > p {
    margin-bottom: var(--gap-1);
    color: inherit;
    font-weight: 600;
  }
  .speed-box > p:not(:first-child) {
    margin-top: var(--gap-2);
  }
  .speed-box dl {
    display: grid;
    grid-template-columns: auto auto;
    gap: 2px var(--gap-3);
  }
  .speed-box dd {
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
    text-align: end;
  }
  /* Side by side, terms and figures would be cut into syllables. */
  @media (max-width: 240px) {
    .speed-box dl {
      grid-template-columns: auto;
    }
    .speed-box dt {
      color: var(--quiet);
    }
  }
  .fold {
    color: var(--quiet);
  }
  .fold summary {
    cursor: pointer;
    font-size: 0.92em;
  }
  .fold summary .codicon {
    font-size: 14px;
    vertical-align: text-bottom;
  }
  .left-out ul {
    margin: var(--gap-1) 0;
    padding-inline-start: var(--gap-3);
    overflow-wrap: anywhere;
  }
  .left-out p {
    margin: 0;
  }
  .reasoning {
    margin-top: var(--gap-1);
    padding-inline-start: var(--gap-3);
    border-inline-start: 2px solid var(--line);
  }
  .json {
    max-height: 240px;
    margin: var(--gap-1) 0 0;
    padding: var(--gap-2);
    overflow: auto;
    background: var(--vscode-textCodeBlock-background);
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
    font-family: var(--mono);
    font-size: var(--mono-size);
  }
  /* What is far to the right is as good as hidden. */
  .json.whole {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .json code {
    padding: 0;
    color: inherit;
    background: none;
    font: inherit;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-1);
    margin-top: var(--gap-1);
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: var(--gap-1);
    box-sizing: border-box;
    max-width: 100%;
    padding: 0 6px;
    border: 1px solid var(--vscode-chat-requestBorder, var(--line));
    border-radius: var(--radius-small);
    font-size: 0.92em;
  }
  .chip .codicon {
    font-size: 14px;
  }
  .chip-text {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .chip-cost {
    flex: none;
    color: var(--quiet);
  }
  .chips > li {
    display: flex;
    min-width: 0;
    max-width: 100%;
  }
  .empty {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: var(--gap-2);
    max-width: 380px;
    margin: 0 auto;
    padding: clamp(12px, 8vh, 64px) 0 var(--gap-4);
    text-align: center;
  }
  .empty-icon {
    color: var(--quiet);
    font-size: 36px !important;
  }
  .empty h2 {
    font-size: 1.25em;
    font-weight: 600;
    line-height: 1.35;
    text-wrap: balance;
  }
  .empty h3 {
    margin-top: var(--gap-3);
    color: var(--quiet);
    font-size: 0.92em;
    font-weight: 400;
  }
  .examples {
    display: flex;
    flex-direction: column;
    gap: 6px;
    width: 100%;
  }
  .example {
    width: 100%;
    padding: 6px 10px;
    border: 1px solid var(--vscode-chat-requestBorder, var(--vscode-input-border, var(--line)));
    border-radius: var(--radius);
    text-align: start;
  }
  .example:hover {
    background: var(--vscode-list-hoverBackground);
  }
  .model-note {
    margin-top: var(--gap-3);
    font-size: 0.92em;
    text-align: start;
  }
`;
