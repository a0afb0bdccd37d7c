import { css } from "lit";

/** The model in words and as a picture. */
export const architectureStyles = css`
  .architecture {
    height: 100%;
  }
  .columns {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    gap: var(--gap-4);
  }
  .facts {
    display: grid;
    flex: 3 1 320px;
    gap: var(--gap-4);
    min-width: 0;
  }
  .facts dl {
    padding-top: var(--gap-1);
  }
  .facts dl > div {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--gap-3);
    padding: 2px 0;
  }
  .facts dt {
    flex: 0 0 150px;
    color: var(--quiet);
  }
  .facts dd {
    flex: 1 1 160px;
    overflow-wrap: anywhere;
  }
  .special {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--gap-3);
  }
  .picture {
    flex: 1 1 240px;
    max-width: 360px;
    margin: 0;
  }
  .picture > svg {
    display: block;
    width: 100%;
    height: auto;
  }
  .picture text {
    fill: var(--text);
    font-size: 11px;
  }
  .picture .centre {
    text-anchor: middle;
  }
  .picture .title {
    font-weight: 600;
  }
  .picture .detail {
    fill: var(--quiet);
    font-size: 9.5px;
  }
  .picture .part {
    fill: color-mix(in srgb, var(--hue, var(--quiet)) 16%, var(--vscode-editor-background));
    stroke: color-mix(in srgb, var(--hue, var(--quiet)) 70%, transparent);
  }
  .picture .attention {
    --hue: var(--vscode-charts-blue);
  }
  .picture .feed-forward {
    --hue: var(--vscode-charts-green);
  }
  .picture .norm {
    --hue: var(--vscode-charts-yellow);
  }
  .picture .frame {
    fill: none;
    stroke: var(--quiet);
    stroke-dasharray: 4 3;
  }
  .picture .flow {
    fill: none;
    stroke: var(--quiet);
  }
  .picture .sum {
    fill: var(--vscode-editor-background);
    stroke: var(--quiet);
  }
  .picture .query,
  .picture .used {
    fill: var(--vscode-charts-blue);
  }
  .picture .key {
    fill: var(--orange);
  }
  .picture .expert {
    fill: none;
    stroke: var(--quiet);
    stroke-width: 0.7;
  }
  .picture .expert.used {
    fill: var(--vscode-charts-green);
  }
  .strip {
    padding-top: var(--gap-3);
  }
  .strip svg {
    display: block;
    width: 100%;
    height: 14px;
  }
  .strip ul {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--gap-3);
    padding-top: var(--gap-1);
  }
  .strip li {
    display: flex;
    align-items: center;
    gap: var(--gap-1);
  }
  .swatch {
    width: 10px;
    height: 10px;
    border-radius: 2px;
  }
  .layer-full,
  .layer-attention {
    fill: var(--vscode-charts-blue);
    background: var(--vscode-charts-blue);
  }
  .layer-sliding {
    fill: var(--vscode-charts-purple);
    background: var(--vscode-charts-purple);
  }
  .layer-recurrent {
    fill: var(--orange);
    background: var(--orange);
  }
  .layer-other {
    fill: var(--quiet);
    background: var(--quiet);
  }
  .types {
    padding: var(--gap-4) 0;
  }
  .wide-table {
    max-width: 760px;
    overflow-x: auto;
  }
  .wide-table tbody td {
    height: 24px;
  }
  @media (width < 480px) {
    .facts dt {
      flex-basis: 100%;
    }
    .facts dd {
      padding-inline-start: var(--gap-3);
    }
  }
`;
