import type { DroppedItem } from "../core/contextItems";

/** The context room's limit for a file; a longer one is read no further than it takes to refuse it. */
const maxTextBytes = 256 * 1024;
const mostItems = 50;

/** What a drag carries that could be attached: files of this or another program, or the editor's own. */
export function canAttach(data: DataTransfer | null): boolean {
  if (data === null) return false;
  return data.types.some((type) => type === "Files" || uriTypes.includes(type));
}

/** Of the explorer and the tabs, the first that is there; the last two come from other programs. */
const uriTypes: readonly string[] = ["application/vnd.code.uri-list", "text/uri-list"];

/** Reads what was dropped or pasted. Call it in the event's own turn: the data is gone afterwards. */
export async function droppedItems(data: DataTransfer): Promise<DroppedItem[]> {
  const uris = uriTypes.map((type) => urisIn(data.getData(type))).find((found) => found.length > 0);
  if (uris !== undefined) return uris.slice(0, mostItems).map((uri) => ({ kind: "uri", uri }));
  const files = [...data.files].slice(0, mostItems);
  return Promise.all(files.map(readFile));
}

/** Lines of a text/uri-list; "#" begins a comment. */
function urisIn(list: string): string[] {
  return list
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#") && line.length <= 4_000);
}

async function readFile(file: File): Promise<DroppedItem> {
  const name = file.name.slice(0, 255);
  const other: DroppedItem = { kind: "other", name, mediaType: file.type.slice(0, 100) };
  if (/^(?:image|audio|video)\//u.test(file.type)) return other;
  try {
    const bytes = await file.slice(0, maxTextBytes + 1).arrayBuffer();
    const cut = file.size > maxTextBytes;
    const text = new TextDecoder("utf-8", { fatal: !cut }).decode(bytes);
    return text.includes("\0") ? other : { kind: "text", name, text };
  } catch {
    // No text, or a folder of another program, which has no bytes.
    return other;
  }
}
