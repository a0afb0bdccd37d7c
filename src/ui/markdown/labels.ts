/** The words of rendered Markdown; whoever shows it has them in the person's language. */
export interface MarkdownLabels {
  readonly copy: string;
  readonly insert: string;
  readonly code: string;
  /** @param language as the fence names it. */
  readonly codeIn: (language: string) => string;
  readonly table: string;
  readonly showMore: (left: number) => string;
  readonly invisible: (mark: string) => string;
}

/** What the buttons and links in rendered Markdown do. Copy and insert tell whether it worked. */
export interface MarkdownActions {
  copy(text: string): Promise<boolean>;
  insert(text: string): Promise<boolean>;
  openLink(url: string): void;
}
