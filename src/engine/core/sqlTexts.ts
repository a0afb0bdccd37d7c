import type { SqlLanguage } from "./sqlLanguage";
import { isClosed } from "./sqlLexemes";

export interface ColumnOfTable {
  readonly table: string;
  readonly column: string;
}

/**
 * Which texts may stand in quotes: those known to be in the database and those of the question. A small model copies
 * well and invents badly.
 */
export class SqlTexts {
  private readonly question: string;
  private readonly values: readonly { readonly table: string; readonly column: string; readonly text: string }[];

  constructor(texts: NonNullable<SqlLanguage["texts"]>) {
    this.question = texts.question.toLowerCase();
    this.values = texts.values.map(({ table, column, value }) => ({ table, column, text: value }));
  }

  /** Whether a text in quotes may begin so; the closing quote is not there yet. */
  mayBegin(written: string, column: ColumnOfTable | undefined): boolean {
    // A quote at the end may be the first of two, which are one of the text.
    const text = (isClosed(written) ? `${unquoted(written)}'` : unquoted(written)).replace(/^%/, "");
    if (text === "") return true;
    // What is known of the column comes in its own spelling.
    if (this.values.some((value) => value.text.startsWith(text) && isOf(value, column))) return true;
    return this.runs(text.replace(/%$/, ""), written.startsWith("'%"), false);
  }

  /**
   * @param column what it is compared with; undefined where that is no column.
   * @param pattern it is one of LIKE.
   */
  mayBe(written: string, column: ColumnOfTable | undefined, pattern: boolean): boolean {
    const text = unquoted(written);
    const lower = text.toLowerCase();
    if (pattern) {
      const bare = text.replace(/^%/, "").replace(/%$/, "");
      // A letter is in every question: a pattern of one has to stand there by itself.
      const anywhere = bare.length > 1;
      return (
        bare !== "" &&
        (this.runs(bare, anywhere && text.startsWith("%"), !(anywhere && text.endsWith("%"))) || this.knows(bare))
      );
    }
    const known = this.values.filter((value) => value.text.toLowerCase() === lower);
    if (known.length > 0)
      return column === undefined || known.some((value) => value.text === text && isOf(value, column));
    return text.trim() === text && this.runs(text, false, true);
  }

  private knows(text: string): boolean {
    return this.values.some((value) => value.text.toLowerCase() === text.toLowerCase());
  }

  /** Whether the question has it, from a word's beginning and to a word's end where that is asked. */
  private runs(text: string, anywhere: boolean, whole: boolean): boolean {
    const lower = text.toLowerCase();
    for (let at = this.question.indexOf(lower); at >= 0; at = this.question.indexOf(lower, at + 1)) {
      const begins = anywhere || !isWordly(this.question[at - 1]) || !isWordly(lower[0]);
      const ends = !whole || !isWordly(this.question[at + lower.length]) || !isWordly(lower.at(-1));
      if (begins && ends) return true;
    }
    return false;
  }
}

function isOf(value: ColumnOfTable, column: ColumnOfTable | undefined): boolean {
  return column === undefined || (value.table === column.table && value.column === column.column);
}

function isWordly(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}\u0080-\uffff]/u.test(character);
}

/** Of a text in quotes that may not be closed yet. */
function unquoted(written: string): string {
  return written.slice(1, isClosed(written) ? -1 : undefined).replaceAll("''", "'");
}
