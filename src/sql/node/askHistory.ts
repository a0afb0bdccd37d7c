import type { ConfirmedPair } from "../core/asking";
import type { HistoryEntry, HistoryList } from "../core/askContract";
import { folded } from "../core/grid/cells";
import type { AskStore } from "./askStore";

/** Entries that a list shows at once. */
const mostEntries = 200;
/** Of a statement in the list; the whole comes back with the entry. Characters. */
const shownSql = 500;

/** Question and statement of what the person confirmed, the newest first. */
export async function confirmedPairs(store: AskStore, connection: string): Promise<ConfirmedPair[]> {
  return (await store.records(connection))
    .filter(({ isConfirmed, question }) => isConfirmed && question !== "")
    .map(({ question, sql }) => ({ question, sql }))
    .reverse();
}

/** The newest first, each once. */
export async function questionsAsked(store: AskStore, connection: string): Promise<string[]> {
  const questions = (await store.records(connection)).map(({ question }) => question);
  return [...new Set(questions.filter((question) => question !== "").reverse())];
}

/** What was asked before, the newest first. @param search a part of question or statement, case and accents aside. */
export async function findAsked(
  store: AskStore,
  connection: string,
  search: string,
  list: HistoryList,
): Promise<{ readonly entries: HistoryEntry[]; readonly more: number }> {
  const wanted = folded(search.trim());
  const found = (await store.records(connection))
    .filter((record) => list === "all" || (list === "favourites" ? record.isFavourite : record.isConfirmed))
    .filter(({ question, sql }) => wanted === "" || folded(`${question}\n${sql}`).includes(wanted))
    .reverse();
  const entries = found.slice(0, mostEntries).map(({ id, at, question, sql, isFavourite, isConfirmed }) => ({
    ...{ id, at, question, isFavourite, isConfirmed },
    sql: sql.slice(0, shownSql),
  }));
  return { entries, more: found.length - entries.length };
}
