import { css } from "lit";

export const resultStyles = css`
  .result {
    display: flex;
    flex-direction: column;
    gap: var(--gap-2);
  }
  .result-tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px;
  }
  .result-tools input {
    flex: 1 1 140px;
    max-width: 320px;
  }
  .popup {
    box-sizing: border-box;
    max-width: calc(100vw - 16px);
    max-height: calc(100vh - 16px);
    padding: 0;
    color: var(--vscode-menu-foreground, var(--text));
    background: var(--vscode-menu-background, var(--vscode-editor-background));
    border: 1px solid var(--vscode-menu-border, var(--line));
    border-radius: var(--radius);
    box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
  }
  .popup::backdrop {
    background: transparent;
  }
  .column-menu {
    position: fixed;
    margin: 0;
  }
  .popup-body {
    display: flex;
    flex-direction: column;
    gap: var(--gap-2);
    width: 280px;
    max-width: calc(100vw - 42px);
    padding: 10px 12px;
  }
  .cell-view .popup-body {
    box-sizing: border-box;
    width: min(720px, calc(100vw - 24px));
    max-width: none;
    max-height: calc(100vh - 40px);
  }
  .popup-title {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .menu {
    display: flex;
    flex-direction: column;
  }
  .menu-item {
    display: flex;
    align-items: center;
    gap: var(--gap-2);
    padding: 3px 6px;
    text-align: start;
  }
  .menu-item:hover {
    color: var(--vscode-menu-selectionForeground, var(--text));
    background: var(--vscode-menu-selectionBackground, var(--hover));
  }
  .menu-item[aria-pressed="true"] {
    font-weight: 600;
  }
  .check {
    display: flex;
    align-items: center;
    gap: 6px;
  }
  .check input {
    accent-color: var(--vscode-button-background, auto);
  }
  .filter-form {
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding-top: var(--gap-2);
    border-top: 1px solid var(--line);
  }
  .filter-form label,
  .chart-choice {
    display: flex;
    align-items: center;
    gap: var(--gap-2);
  }
  .filter-form select {
    flex: 1;
  }
  .wrong {
    color: var(--vscode-errorForeground);
  }
  [aria-invalid="true"] {
    border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
  }
  .cell-head {
    display: flex;
    align-items: center;
    gap: var(--gap-1);
  }
  .cell-head .popup-title {
    flex: 1;
  }
  .cell-text {
    min-height: 40px;
    padding: var(--gap-2);
    overflow: auto;
    background: var(--vscode-editor-background);
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
    font-family: var(--mono);
    font-size: var(--mono-size);
    user-select: text;
  }
  .chart {
    margin: 0;
    padding: 10px;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
  }
  .chart-drawing {
    min-height: 280px;
    overflow: hidden;
  }
  .chart-pointed {
    min-height: 1.5em;
    color: var(--text);
  }
  .chart figcaption {
    overflow-wrap: anywhere;
  }
  .chart-legend {
    display: flex;
    flex-wrap: wrap;
    gap: var(--gap-1) var(--gap-4);
  }
  .chart-legend li {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .chart-key {
    width: 14px;
    height: 3px;
    background: var(--vscode-charts-blue, currentcolor);
  }
  .key-1 {
    background: var(--vscode-charts-orange, currentcolor);
  }
  .key-2 {
    background: var(--vscode-charts-green, currentcolor);
  }
  .key-3 {
    background: var(--vscode-charts-purple, currentcolor);
  }
  /* What uPlot needs of the page, whose policy forbids its own style sheet's place in a style element. */
  .uplot,
  .uplot * {
    box-sizing: border-box;
  }
  .uplot {
    width: min-content;
  }
  .u-wrap {
    position: relative;
    user-select: none;
  }
  .u-over,
  .u-under,
  .u-axis,
  .u-select,
  .u-cursor-x,
  .u-cursor-y,
  .u-cursor-pt {
    position: absolute;
  }
  .u-under {
    overflow: hidden;
  }
  .uplot canvas {
    display: block;
    position: relative;
    width: 100%;
    height: 100%;
  }
  .u-select,
  .u-cursor-x,
  .u-cursor-y,
  .u-cursor-pt {
    top: 0;
    left: 0;
    pointer-events: none;
  }
  .u-cursor-x {
    height: 100%;
    border-right: 1px dashed var(--quiet);
  }
  .u-cursor-pt {
    border: 0 solid;
    border-radius: 50%;
  }
  .u-off {
    display: none;
  }
`;
