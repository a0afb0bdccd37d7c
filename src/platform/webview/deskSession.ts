import { isCancellation, toPaddockError } from "../core/errors";
import { type VsCodeApi, vsCodeApi } from "./vscodeApi";

/** A page's end of the line to a desk in the host, and what it was told last. */
export abstract class DeskSession<View> {
  view: View | undefined;
  /** Why nothing could be asked for; undefined while all is well. */
  failure: string | undefined;
  protected readonly api: VsCodeApi = vsCodeApi();
  /** Made by whom knows the contract, when this is made. */
  protected abstract readonly peer: { dispose(): void };

  constructor(protected readonly changed: () => void) {
    window.addEventListener("error", this.onError);
    window.addEventListener("unhandledrejection", this.onRejection);
  }

  /** Asks for all there is to show. */
  async start(): Promise<void> {
    this.failure = undefined;
    this.changed();
    try {
      this.take(await this.ready());
    } catch (error) {
      this.failure = toPaddockError(error).message;
    }
    this.changed();
  }

  dispose(): void {
    window.removeEventListener("error", this.onError);
    window.removeEventListener("unhandledrejection", this.onRejection);
    this.peer.dispose();
  }

  protected abstract ready(): Promise<View>;
  /** For the log. */
  protected abstract tell(problem: string): void;

  protected take(view: View): void {
    this.view = view;
  }

  protected show(view: View): void {
    this.take(view);
    this.changed();
  }

  /** What comes of it is in the next view; what cannot be asked is in the log. */
  protected asked(name: string, answer: Promise<unknown>): void {
    answer.catch((error: unknown) => {
      if (!isCancellation(error)) this.report(`${name}: ${toPaddockError(error).message}`);
    });
  }

  protected report(problem: string): void {
    this.tell(problem.slice(0, 2000));
  }

  private readonly onError = ({ message }: ErrorEvent): void => this.report(message);
  private readonly onRejection = ({ reason }: PromiseRejectionEvent): void => this.report(String(reason));
}
