/** The words of rendered Markdown; whoever shows it has them in the person's language. */
export interface MarkdownLabels {
  readonly copy: string;
  readonly apply: string;
  readonly insert: string;
  readonly replaceSelection: string;
  readonly newFile: string;
  readonly toTerminal: string;
  readonly runSql: string;
  readonly code: string;
  /** @param language as the fence names it. */
  readonly codeIn: (language: string) => string;
  readonly table: string;
  readonly showMore: (left: number) => string;
  readonly invisible: (mark: string) => string;
}

/** What the buttons and links in rendered Markdown do. All but the last two tell whether it worked. */
export interface MarkdownActions {
  copy(text: string): Promise<boolean>;
  /** @param info all that stands at the fence: it may name a file. */
  apply(text: string, language: string, info: string): Promise<boolean>;
  insert(text: string): Promise<boolean>;
  replaceSelection(text: string): Promise<boolean>;
  /** @param language as the fence names it. */
  newFile(text: string, language: string): Promise<boolean>;
  toTerminal(text: string): Promise<boolean>;
  runSql(text: string): Promise<boolean>;
  openLink(url: string): void;
  /** All of a text that does not grow any more is in place; again after the person asked for more of it. */
  finished(text: HTMLElement): void;
}
