import { css } from "lit";
import { overlayBox } from "./overlayBox";

/** Where a person writes, and what their question carries. */
export const composerStyles = css`
  .composer {
    padding: 0 var(--gap-3) var(--gap-3);
  }
  .composer > .callout {
    margin-bottom: var(--gap-2);
  }
  .composer-box {
    position: relative;
    background: var(--vscode-input-background);
    border: 1px solid var(--vscode-input-border, var(--vscode-widget-border, var(--contrast)));
    border-radius: var(--radius);
  }
  .composer-box:focus-within {
    border-color: var(--vscode-focusBorder);
  }
  .composer textarea {
    display: block;
    box-sizing: border-box;
    width: 100%;
    min-height: 34px;
    max-height: 40vh;
    padding: var(--gap-2) 10px 2px;
    overflow-y: auto;
    resize: none;
    color: var(--vscode-input-foreground);
    background: none;
    border: none;
    outline: none;
  }
  .composer-bar {
    display: flex;
    align-items: center;
    gap: var(--gap-1);
    padding: 2px var(--gap-1) var(--gap-1);
  }
  .model-button {
    display: inline-flex;
    align-items: center;
    gap: var(--gap-1);
    min-width: 0;
    height: 22px;
    padding: 0 5px;
    color: var(--vscode-icon-foreground, var(--text));
    font-size: 0.92em;
  }
  .model-button .codicon {
    font-size: 14px;
  }
  .model-button .codicon-chevron-down {
    font-size: 12px;
  }
  /* The narrowest side bar has room for one sign beside the other buttons. */
  @media (max-width: 200px) {
    .model-button .codicon-chevron-down {
      display: none;
    }
  }
  .model-name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .composer-bar .link-button {
    flex: none;
    font-size: 0.92em;
  }
  .icon-button.primary[aria-disabled="false"],
  .icon-button.primary:not([aria-disabled]) {
    color: var(--vscode-button-foreground);
    background: var(--vscode-button-background);
    border-color: var(--vscode-button-border, transparent);
  }
  .icon-button.primary[aria-disabled="true"] {
    cursor: default;
    opacity: 0.5;
  }
  .icon-button.primary:focus-visible {
    outline-offset: 1px;
  }
  .tools-button.off {
    opacity: 0.6;
  }
  .tools-panel {
    position: absolute;
    z-index: 3;
    inset-inline: -1px;
    bottom: calc(100% + 3px);
    box-sizing: border-box;
    display: flex;
    flex-direction: column;
    gap: var(--gap-1);
    max-height: min(60vh, 460px);
    padding: var(--gap-2) var(--gap-3) var(--gap-3);
    overflow-y: auto;
    ${overlayBox}
  }
  .tools-panel header {
    display: flex;
    align-items: center;
    justify-content: space-between;
  }
  .tools-panel h2,
  .tools-panel h3 {
    font-size: 1em;
    font-weight: 600;
  }
  .tools-panel h3 {
    margin-top: var(--gap-1);
  }
  .tools-panel .hint {
    padding-top: 0;
    overflow-wrap: anywhere;
  }
  .tools-panel .check {
    display: flex;
    align-items: baseline;
    gap: 6px;
  }
  .tools-panel .check > div {
    min-width: 0;
  }
  .tools-panel .link-button {
    align-self: start;
  }
  .hint {
    padding-top: var(--gap-1);
    color: var(--quiet);
    font-size: 0.92em;
  }
  .chips.pending {
    box-sizing: border-box;
    width: 100%;
    margin: 0;
    padding: var(--gap-1) var(--gap-1) 0;
    list-style: none;
  }
  .pending-question {
    display: flex;
    flex-wrap: wrap;
    align-items: start;
    gap: 0 var(--gap-2);
    padding: var(--gap-1) var(--gap-2) 0;
    font-size: 0.92em;
  }
  .pending-question p {
    display: flex;
    flex: 1 1 140px;
    gap: var(--gap-1);
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .pending-question .codicon {
    flex: none;
    font-size: 14px;
  }
  .suggestions {
    position: absolute;
    z-index: 3;
    inset-inline: -1px;
    bottom: calc(100% + 3px);
    box-sizing: border-box;
    max-height: min(50vh, 340px);
    margin: 0;
    padding: var(--gap-1);
    overflow-y: auto;
    list-style: none;
    ${overlayBox}
  }
  .suggestions p {
    padding: 2px 6px;
    color: var(--quiet);
    overflow-wrap: anywhere;
  }
  .suggestions li {
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
    padding: 2px 6px;
    border-radius: var(--radius-small);
    cursor: pointer;
    white-space: nowrap;
  }
  .suggestions li .codicon {
    flex: none;
    font-size: 16px;
  }
  .suggestions li:hover {
    background: var(--vscode-list-hoverBackground);
  }
  .suggestions li[aria-selected="true"] {
    color: var(--vscode-quickInputList-focusForeground, var(--vscode-list-activeSelectionForeground, var(--text)));
    background: var(
      --vscode-quickInputList-focusBackground,
      var(--vscode-list-activeSelectionBackground, var(--hover))
    );
    outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  .suggestion-label {
    flex: 0 1 auto;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .suggestion-detail {
    flex: 1 1 0;
    min-width: 0;
    overflow: hidden;
    color: var(--quiet);
    font-size: 0.92em;
    text-overflow: ellipsis;
  }
  [aria-selected="true"] .suggestion-detail {
    color: inherit;
  }
  .dropping .composer-box {
    border-color: var(--vscode-focusBorder);
    outline: 1px dashed var(--vscode-focusBorder);
    outline-offset: 1px;
    background: var(--vscode-editor-dropBackground, var(--vscode-input-background));
  }
`;
