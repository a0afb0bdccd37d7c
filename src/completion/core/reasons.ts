/** Why there is no suggestion at a place. "Why No Suggestion?" and the status bar's tooltip say them in words. */
export const reasons = [
  /** Turned off in the settings, for everything or for this language. */
  "off",
  "languageOff",
  /** A file that the settings exclude, that Git ignores, or that may hold secrets. */
  "excluded",
  "ignored",
  "secret",
  /** No text that a person writes code in: output, a diff's old side, a read-only document. */
  "notEditable",
  /** Several cursors, or something is selected. */
  "selection",
  "longLine",
  /** The cursor stands inside a word. */
  "insideWord",
  /** Text follows on the line and the model cannot see it. */
  "midLine",
  /** The suggest widget is completing the word. */
  "suggestWidget",
  /** The model could not be loaded, or its engine has stopped. */
  "noModel",
  /** The person typed on, and what was on its way no longer fitted. */
  "typedOn",
  /** Not there by the deadline. */
  "late",
  /** The model had nothing to say, or nothing that was not there already. */
  "empty",
  /** The model was guessing from the first token on. */
  "unsure",
  /** What came would only repeat what follows the cursor. */
  "repeats",
  "failed",
] as const;
export type Reason = (typeof reasons)[number];
