/**
 * Whether a chat template knows tools. Told from its text, because a template is a program and says so nowhere: those
 * that render tools name them.
 */
export function hasTools(template: unknown): boolean {
  return typeof template === "string" && /\btools?\b/.test(template);
}
