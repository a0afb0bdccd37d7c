import { css } from "lit";
import { overlayBox } from "./overlayBox";

/** The frame of the page: header, list of conversations, engine. */
export const chatStyles = css`
  .chat {
    position: relative;
    display: flex;
    flex-direction: column;
    height: 100vh;
    min-width: 0;
  }
  .top {
    display: flex;
    align-items: center;
    gap: var(--gap-1);
    padding: var(--gap-1) var(--gap-2);
  }
  .title-button {
    display: flex;
    align-items: center;
    gap: var(--gap-1);
    flex: 0 1 auto;
    min-width: 0;
    margin-inline-end: auto;
    padding: 2px 6px;
    font-weight: 600;
  }
  .title-text {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .opening {
    padding: var(--gap-4);
  }
  paddock-conversation-list {
    position: absolute;
    z-index: 2;
    inset-inline: var(--gap-2);
    top: 36px;
  }
  .conversations {
    display: flex;
    flex-direction: column;
    gap: var(--gap-1);
    max-height: min(70vh, 520px);
    padding: var(--gap-1);
    ${overlayBox}
  }
  .conversations > p {
    padding: var(--gap-2);
  }
  .row {
    display: flex;
    align-items: center;
    border-radius: var(--radius-small);
  }
  .row:hover,
  .row:focus-within {
    background: var(--vscode-list-hoverBackground);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  .row .icon-button {
    opacity: 0;
  }
  .row:hover .icon-button,
  .row:focus-within .icon-button,
  .row .icon-button[aria-expanded="true"] {
    opacity: 1;
  }
  .row-main {
    display: flex;
    align-items: center;
    gap: 6px;
    flex: 1;
    min-width: 0;
    padding: 3px 6px;
    text-align: start;
  }
  .row.current .row-title {
    font-weight: 600;
  }
  .conversation-rows {
    min-height: 0;
    overflow-y: auto;
  }
  .conversation-rows > p {
    padding: var(--gap-1) var(--gap-2);
  }
  .search-status {
    font-size: 0.92em;
  }
  .group {
    padding: 6px var(--gap-2) 2px;
    color: var(--quiet);
    font-size: 0.85em;
    font-weight: 600;
  }
  .more-rows {
    margin: var(--gap-1) var(--gap-2);
  }
  .row-text {
    flex: 1;
    min-width: 0;
  }
  .row-title,
  .row-snippet {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  /* Two lines, or in a narrow side bar the match would be what is cut off. */
  .row-snippet {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    white-space: normal;
    overflow-wrap: anywhere;
    color: var(--quiet);
    font-size: 0.92em;
  }
  .row:hover .row-snippet,
  .row:focus-within .row-snippet {
    color: inherit;
  }
  .row mark {
    color: inherit;
    background: var(--vscode-editor-findMatchHighlightBackground, transparent);
    font-weight: 600;
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  /* Beside the actions there is no room for both. */
  @media (max-width: 260px) {
    .row-time {
      display: none;
    }
  }
  .row-menu {
    display: flex;
    flex-direction: column;
    margin: 2px 6px var(--gap-1) 24px;
    padding: var(--gap-1) 0;
    color: var(--vscode-menu-foreground, var(--text));
    background: var(--vscode-menu-background, var(--vscode-editorWidget-background, var(--vscode-editor-background)));
    border: 1px solid var(--vscode-menu-border, var(--line));
    border-radius: var(--radius-small);
  }
  .row-menu button {
    display: flex;
    align-items: center;
    gap: 6px;
    padding: 3px var(--gap-2);
    text-align: start;
  }
  .row-menu button:hover,
  .row-menu button:focus {
    color: var(--vscode-menu-selectionForeground, var(--text));
    background: var(--vscode-menu-selectionBackground, var(--hover));
    outline: 1px solid var(--vscode-menu-selectionBorder, transparent);
    outline-offset: -1px;
  }
  .row-time {
    flex: none;
    color: var(--quiet);
    font-size: 0.9em;
  }
  .row:hover .row-time,
  .row:focus-within .row-time {
    color: inherit;
  }
  .statuses,
  .engine {
    display: flex;
    flex-direction: column;
    gap: var(--gap-2);
    padding: 0 var(--gap-3);
  }
  .statuses > *,
  .engine > * {
    margin-bottom: var(--gap-2);
  }
  .statuses > * + *,
  .engine > * + * {
    margin-top: calc(-1 * var(--gap-2));
  }
  .engine-line {
    display: block;
    overflow: hidden;
    color: var(--quiet);
    font-size: 0.92em;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .engine-progress progress {
    margin-top: 2px;
  }
`;
