import type { GenerationProgress } from "../../engine/protocol";
import type { AnswerPiece } from "../core/streamedAnswer";

/** A fast server sends hundreds of pieces a second; nobody sees more than so many, ms between two. */
const EVERY_MS = 30;

/** Tells of an answer's progress in few messages, as the engine does. */
export class ProgressFlow {
  private text = "";
  private reasoning = "";
  private prompt: GenerationProgress["prompt"] = { total: 0, cached: 0, processed: 0 };
  private pieces = 0;
  private firstAt: number | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastTold = Number.NEGATIVE_INFINITY;

  constructor(private readonly tell: ((progress: GenerationProgress) => void) | undefined) {}

  take({ text = "", reasoning = "", prompt }: AnswerPiece): void {
    if (this.tell === undefined) return;
    if (prompt !== undefined) this.prompt = prompt;
    else if (text === "" && reasoning === "") return;
    if (text !== "" || reasoning !== "") {
      this.pieces++;
      this.firstAt ??= performance.now();
    }
    this.text += text;
    this.reasoning += reasoning;
    const wait = this.lastTold + EVERY_MS - performance.now();
    if (wait <= 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), wait);
  }

  /** What has not been told yet. */
  end(): void {
    if (this.text !== "" || this.reasoning !== "") this.flush();
    clearTimeout(this.timer);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lastTold = performance.now();
    const { text, reasoning, prompt, pieces, firstAt } = this;
    this.text = "";
    this.reasoning = "";
    this.tell?.({
      ...(text === "" ? {} : { text }),
      ...(reasoning === "" ? {} : { reasoning }),
      prompt,
      predicted_n: pieces,
      predicted_ms: firstAt === undefined ? 0 : this.lastTold - firstAt,
    });
  }
}
