/** Where somebody edited last, by lines that are followed through later changes. */
export interface EditedRegion {
  readonly uri: string;
  /** From 0; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
}

/** One change of a document: lines `from` to `to` (inclusive, of the document before) became `lines` lines. */
export interface LineChange {
  readonly from: number;
  readonly to: number;
  /** One at least. */
  readonly lines: number;
}

const maxRegions = 16;
/** Edits nearer than this are one region. */
const mergeLines = 8;
/** With the lines around it a region then is a chunk; the latest lines of a longer one count. */
const maxRegionLines = 24;
/** Nobody types so many lines: a checkout, a formatter, a replacement everywhere. They move regions and are none. */
const maxChangedLines = 200;

/** The regions edited last, the latest first; a few for all documents together. */
export class RecentEdits {
  private all: readonly EditedRegion[] = [];

  get regions(): readonly EditedRegion[] {
    return this.all;
  }

  /** @param changes of one event, by the document's lines before it. */
  changed(uri: string, changes: readonly LineChange[]): void {
    // From the end on, so that no change moves the lines that another one names.
    const ordered = changes.toSorted((a, b) => b.from - a.from);
    const isByHand = ordered.reduce((sum, { from, to, lines }) => sum + to - from + lines, 0) <= maxChangedLines;
    for (const change of ordered) {
      this.all = this.all.flatMap((region) => (region.uri === uri ? follow(region, change) : [region]));
    }
    if (!isByHand) return;
    // The changes above one, which were applied after it, have moved it.
    let shift = 0;
    for (const { from, to, lines } of ordered.toReversed()) {
      this.add({ uri, from: from + shift, to: from + shift + lines });
      shift += lines - (to - from + 1);
    }
  }

  /** Closed: its lines may change unseen. */
  forget(uri: string): void {
    this.all = this.all.filter((region) => region.uri !== uri);
  }

  private add(added: EditedRegion): void {
    let { from, to } = added;
    const others = this.all.filter((region) => {
      const isNear = region.uri === added.uri && region.from <= to + mergeLines && region.to >= from - mergeLines;
      if (!isNear) return true;
      from = Math.min(from, region.from);
      to = Math.max(to, region.to);
      return false;
    });
    if (to - from > maxRegionLines) {
      // What was edited now stays in, whichever end it stands at.
      to = Math.min(to, Math.max(added.to, from + maxRegionLines));
      from = Math.max(from, to - maxRegionLines);
    }
    this.all = [{ uri: added.uri, from, to }, ...others].slice(0, maxRegions);
  }
}

function follow(region: EditedRegion, { from, to, lines }: LineChange): EditedRegion[] {
  const shift = lines - (to - from + 1);
  if (region.to <= from) return [region];
  if (region.from > to) return [{ ...region, from: region.from + shift, to: region.to + shift }];
  // All of it was replaced by something long: what is there now is not what was edited.
  if (from <= region.from && region.to <= to + 1 && lines > maxRegionLines) return [];
  // The change lies within or across it; what was added belongs to the change's own region.
  const start = Math.min(region.from, from);
  const end = Math.max(region.to + shift, from + lines);
  return end <= start ? [] : [{ ...region, from: start, to: Math.min(end, start + maxRegionLines) }];
}
