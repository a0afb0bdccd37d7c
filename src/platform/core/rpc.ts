import {
  type CancellationToken,
  CancellationTokenSource,
  ErrorCodes,
  type MessageConnection,
  ProgressType,
  ResponseError,
} from "vscode-jsonrpc";
import * as v from "valibot";
import { type Disposable, toDisposable } from "./disposables";
import { type ErrorCode, errorCodes, PaddockError, cancelled, isCancellation, toPaddockError } from "./errors";

/**
 * Typed, validated RPC over any vscode-jsonrpc connection: the engine's pipe and the webviews' postMessage
 * speak it alike. A contract names what one side answers; a peer answers its own and calls the other's.
 * Whatever comes in is checked against its schema before any code sees it, on both sides.
 */
type Schema = v.GenericSchema;

export interface RequestSpec {
  readonly params: Schema;
  readonly result: Schema;
  /** What the answering side may send while it works, in order, before the result. */
  readonly progress?: Schema;
}

export interface Contract {
  readonly requests: Readonly<Record<string, RequestSpec>>;
  readonly notifications: Readonly<Record<string, Schema>>;
}

type RequestName<C extends Contract> = Extract<keyof C["requests"], string>;
type NotificationName<C extends Contract> = Extract<keyof C["notifications"], string>;
export type Params<C extends Contract, N extends RequestName<C>> = v.InferOutput<C["requests"][N]["params"]>;
export type Result<C extends Contract, N extends RequestName<C>> = v.InferOutput<C["requests"][N]["result"]>;
export type Progress<C extends Contract, N extends RequestName<C>> = C["requests"][N] extends {
  readonly progress: infer S extends Schema;
}
  ? v.InferOutput<S>
  : never;

export interface CallOptions<G> {
  /** Aborting asks the other side to stop; the promise settles when it answers, with whatever it answers. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (value: G) => void;
}

export interface RequestContext<G> {
  readonly signal: AbortSignal;
  progress(value: G): void;
}

export type RequestHandlers<C extends Contract> = {
  readonly [N in RequestName<C>]: (
    params: Params<C, N>,
    context: RequestContext<Progress<C, N>>,
  ) => Promise<Result<C, N>> | Result<C, N>;
};

export type NotificationHandlers<C extends Contract> = {
  readonly [N in NotificationName<C>]: (params: v.InferOutput<C["notifications"][N]>) => void;
};

const envelopeSchema = v.object({ params: v.unknown(), progress: v.optional(v.string()) });
const errorDataSchema = v.object({
  code: v.picklist(errorCodes),
  remedy: v.optional(v.string()),
  detail: v.optional(v.string()),
});
const progressType = new ProgressType<unknown>();

export class RpcPeer<Local extends Contract, Remote extends Contract> implements Disposable {
  private readonly pending = new Set<(error: PaddockError) => void>();
  private nextProgress = 0;
  private closed = false;

  /**
   * @param connection not yet listening; the peer owns it from here.
   * @param onProblem a message that fails its schema or a handler's crash, for the log.
   */
  constructor(
    private readonly connection: MessageConnection,
    private readonly local: Local,
    private readonly remote: Remote,
    private readonly onProblem: (problem: string) => void,
  ) {
    connection.onClose(() => this.dispose());
    connection.onError(([error]) => onProblem(`transport: ${error.message}`));
  }

  /** Start listening. Handlers are given here, all of them, so that nothing can arrive unanswered. */
  listen(requests: RequestHandlers<Local>, notifications: NotificationHandlers<Local>): void {
    for (const name of Object.keys(this.local.requests) as RequestName<Local>[]) {
      this.connection.onRequest(name, (raw: unknown, token: CancellationToken) =>
        this.answer(name, requests[name], raw, token),
      );
    }
    for (const name of Object.keys(this.local.notifications) as NotificationName<Local>[]) {
      const schema = known(this.local.notifications, name);
      this.connection.onNotification(name, (raw: unknown) => {
        const parsed = v.safeParse(schema, raw);
        if (!parsed.success) {
          this.onProblem(`notification ${name}: ${describe(parsed.issues)}`);
          return;
        }
        notifications[name](parsed.output);
      });
    }
    this.connection.listen();
  }

  /**
   * Call the other side.
   * @throws PaddockError: the other side's own, `invalid-message`, or `disconnected` when it is gone.
   */
  async request<N extends RequestName<Remote>>(
    name: N,
    params: v.InferInput<Remote["requests"][N]["params"]>,
    options: CallOptions<Progress<Remote, N>> = {},
  ): Promise<Result<Remote, N>> {
    if (this.closed) throw disconnected();
    options.signal?.throwIfAborted();
    const spec = known(this.remote.requests, name);
    const cancellation = new CancellationTokenSource();
    const cleanups: (() => void)[] = [() => cancellation.dispose()];
    const onAbort = (): void => cancellation.cancel();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    cleanups.push(() => options.signal?.removeEventListener("abort", onAbort));

    let progress: string | undefined;
    const { onProgress } = options;
    const progressSchema = spec.progress;
    if (onProgress !== undefined && progressSchema !== undefined) {
      progress = `${name}-${this.nextProgress++}`;
      const subscription = this.connection.onProgress(progressType, progress, (raw) => {
        const parsed = v.safeParse(progressSchema, raw);
        if (parsed.success) onProgress(parsed.output as Progress<Remote, N>);
        else this.onProblem(`progress of ${name}: ${describe(parsed.issues)}`);
      });
      cleanups.push(() => subscription.dispose());
    }

    let rejectPending: ((error: PaddockError) => void) | undefined;
    try {
      // A connection whose other end died settles nothing by itself, so dispose() settles what waits here.
      const closed = new Promise<never>((_, reject) => {
        rejectPending = reject;
        this.pending.add(reject);
      });
      const answer = this.connection.sendRequest<unknown>(
        name,
        { params, ...(progress === undefined ? {} : { progress }) },
        cancellation.token,
      );
      const raw = await Promise.race([answer, closed]);
      const parsed = v.safeParse(spec.result, raw);
      if (!parsed.success) {
        throw new PaddockError("invalid-message", `The answer to ${name} was malformed.`, {
          detail: describe(parsed.issues),
        });
      }
      return parsed.output;
    } catch (error) {
      throw this.fromWire(error);
    } finally {
      if (rejectPending !== undefined) this.pending.delete(rejectPending);
      for (const cleanup of cleanups) cleanup();
    }
  }

  notify<N extends NotificationName<Remote>>(name: N, params: v.InferInput<Remote["notifications"][N]>): void {
    if (this.closed) return;
    this.connection.sendNotification(name, params).catch((error: unknown) => {
      if (!this.closed) this.onProblem(`notify ${name}: ${String(error)}`);
    });
  }

  /** Every call that still waits rejects with `disconnected`. */
  dispose(): void {
    if (this.closed) return;
    this.closed = true;
    for (const reject of this.pending) reject(disconnected());
    this.pending.clear();
    this.connection.dispose();
  }

  onClose(listener: () => void): Disposable {
    const subscription = this.connection.onDispose(listener);
    return toDisposable(() => subscription.dispose());
  }

  private async answer<N extends RequestName<Local>>(
    name: N,
    handler: RequestHandlers<Local>[N],
    raw: unknown,
    token: CancellationToken,
  ): Promise<unknown> {
    const spec = known(this.local.requests, name);
    const envelope = v.safeParse(envelopeSchema, raw);
    const parsed = envelope.success ? v.safeParse(spec.params, envelope.output.params) : envelope;
    if (!parsed.success) {
      const detail = describe(parsed.issues);
      this.onProblem(`request ${name}: ${detail}`);
      return toWire(new PaddockError("invalid-message", `The request ${name} was malformed.`, { detail }));
    }
    const controller = new AbortController();
    // A cancel that arrived before dispatch has set the flag and will never raise the event.
    if (token.isCancellationRequested) controller.abort(cancelled());
    const subscription = token.onCancellationRequested(() => controller.abort(cancelled()));
    const progressToken = envelope.success ? envelope.output.progress : undefined;
    try {
      return await handler(parsed.output, {
        signal: controller.signal,
        progress: (value) => {
          if (progressToken === undefined || this.closed) return;
          void this.connection.sendProgress(progressType, progressToken, value).catch(() => undefined);
        },
      });
    } catch (error) {
      const known = toPaddockError(error);
      if (known.code === "internal") {
        this.onProblem(
          `request ${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      }
      return toWire(known);
    } finally {
      subscription.dispose();
    }
  }

  private fromWire(error: unknown): PaddockError {
    if (error instanceof PaddockError) return error;
    if (error instanceof ResponseError) {
      const data = v.safeParse(errorDataSchema, error.data);
      if (data.success) {
        return new PaddockError(data.output.code, error.message, {
          ...(data.output.remedy === undefined ? {} : { remedy: data.output.remedy }),
          ...(data.output.detail === undefined ? {} : { detail: data.output.detail }),
        });
      }
      if (this.closed) return disconnected();
      return new PaddockError("internal", error.message);
    }
    if (isCancellation(error)) return cancelled();
    return this.closed ? disconnected() : toPaddockError(error);
  }
}

function toWire(error: PaddockError): ResponseError<v.InferOutput<typeof errorDataSchema>> {
  const code: ErrorCode = error.code;
  return new ResponseError(code === "cancelled" ? -32800 : ErrorCodes.InternalError, error.message, {
    code,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  });
}

function disconnected(): PaddockError {
  return new PaddockError("disconnected", "The other side of the connection is gone.");
}

function describe(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues
    .slice(0, 3)
    .map((issue) => `${v.getDotPath(issue) ?? "(root)"}: ${issue.message}`)
    .join("; ");
}

/** A contract's own entry; its names are types, so a missing one is a bug. */
function known<T>(entries: Readonly<Record<string, T>>, name: string): T {
  const entry = entries[name];
  if (entry === undefined) throw new PaddockError("internal", `The contract has no ${name}.`);
  return entry;
}
