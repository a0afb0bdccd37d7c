import type { BuiltInName } from "./presets";

/** The chat's own words to a person. The host makes them in the person's language; each is a full sentence. */
export interface ChatTexts {
  /** A conversation whose first question has no words in it. */
  readonly untitled: string;
  readonly emptyMessage: string;
  readonly stillAnswering: string;
  readonly answeringElsewhere: string;
  readonly conversationGone: string;
  readonly messageGone: string;
  readonly cannotContinue: string;
  /** A model elsewhere is asked to go on with an answer that stays on this machine. */
  readonly answerStays: string;
  readonly answerStaysRemedy: string;
  readonly contextFull: string;
  readonly contextFullRemedy: string;
  readonly contextOverflowRemedy: string;
  /** The model called tools as often as one answer may. */
  readonly toolLimit: string;
  readonly toolLimitRemedy: string;
  /** Entries wait in memory for the storage. */
  readonly unsaved: string;
  /** The conversation has entries of a newer version. */
  readonly newerEntries: string;
  readonly noEditor: string;
  readonly noEditorRemedy: string;
  readonly nothingSelected: string;
  readonly nothingSelectedRemedy: string;
  readonly insertRefused: string;
  readonly noCommand: string;
  readonly severalLines: string;
  readonly severalLinesRemedy: string;
  readonly noTerminal: string;
  readonly noTerminalRemedy: string;
  readonly linkRefused: string;
  readonly fileGone: string;
  readonly symbolGone: string;
  /** Over the places of a symbol that is defined more than once. */
  readonly pickSymbol: string;
  readonly instructionsGone: string;
  readonly presetNames: Readonly<Record<BuiltInName, string>>;
}
