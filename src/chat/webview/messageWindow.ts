import { renderQueue } from "../../ui/renderQueue";

/** Older messages wait behind a button, so that a long conversation opens at once. */
export const messagesAtOnce = 60;
/** So many of them get their elements in a frame, about 4 ms of a slow machine. */
const messagesAFrame = 4;

/**
 * Which messages of a conversation have elements. The newest get theirs first and the others a few with each frame, so
 * that no frame is long; where the person looks does not move meanwhile.
 */
export class MessageWindow {
  private conversation: string | null | undefined;
  private length = 0;
  /** The first that has an element. */
  private from = 0;
  /** What the person asked for besides those that are shown at once. */
  private extra = 0;
  private whenThere: { readonly at: number; readonly then: () => void } | undefined;

  /** @param changed `first` is another: render anew. */
  constructor(private readonly changed: () => void) {}

  /** To be told of before each rendering. @returns whether another conversation is shown now. */
  update(conversation: string | null, length: number): boolean {
    const another = conversation !== this.conversation;
    if (another) {
      this.conversation = conversation;
      this.extra = 0;
      this.whenThere = undefined;
    }
    // Also where another version of a question has fewer messages after it.
    if (another || this.from > length - messagesAFrame) this.from = length - messagesAFrame;
    this.length = length;
    this.from = Math.max(this.from, this.waiting);
    this.enqueue();
    return another;
  }

  dispose(): void {
    renderQueue.delete(this.piece);
  }

  /** The first message that is to have an element. */
  get first(): number {
    return this.from;
  }

  /** So many wait behind the button. */
  get waiting(): number {
    return Math.max(0, this.length - messagesAtOnce - this.extra);
  }

  showEarlier(): void {
    this.extra += messagesAtOnce;
    this.enqueue();
  }

  /** @param then called once the message has an element, or does at once. */
  include(at: number, then: () => void): void {
    this.extra = Math.max(this.extra, this.length - at - messagesAtOnce);
    this.whenThere = { at, then };
    this.enqueue();
    this.changed();
  }

  /** After each rendering. */
  rendered(): void {
    const { whenThere } = this;
    if (whenThere === undefined || this.from > whenThere.at) return;
    this.whenThere = undefined;
    whenThere.then();
  }

  private enqueue(): void {
    renderQueue.delete(this.piece);
    // What the person has asked to see comes before the text of what is below it.
    if (this.from > this.waiting) renderQueue.add(this.piece, this.whenThere === undefined ? "soon" : "first");
  }

  private readonly piece = (): "nextFrame" | false => {
    this.from = Math.max(this.waiting, this.from - messagesAFrame);
    this.changed();
    return this.from > this.waiting ? "nextFrame" : false;
  };
}
