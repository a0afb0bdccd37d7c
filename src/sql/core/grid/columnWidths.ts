import type { Cell, ResultColumn } from "../database";
import { shownText } from "./cells";

/** Pixels. */
export const leastWidth = 48;
export const mostWidth = 900;
const mostFitted = 360;
/** Around a cell's text, and in a heading the marks for sorting and filtering beside its name. */
const padding = 18;
const headingMarks = 52;
/** Rows that are looked at, from the beginning on. */
const sample = 200;

/** A width for each column that its first values fit into. @param characterWidth of the grid's font, pixels. */
export function columnWidths(
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
  characterWidth: number,
): number[] {
  const looked = rows.slice(0, sample);
  return columns.map(({ name, type }, column) => {
    const longest = looked.reduce((most, row) => Math.max(most, widthOf(shownText(row[column] ?? null))), 0);
    const heading = Math.max(widthOf(name), widthOf(type) * 0.9) * characterWidth + headingMarks;
    return Math.round(Math.min(Math.max(longest * characterWidth + padding, heading, leastWidth), mostFitted));
  });
}

/** In characters; those of wide scripts count for two. */
function widthOf(text: string): number {
  let wide = 0;
  for (const character of text)
    if (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/.test(character)) wide++;
  return text.length + wide;
}
