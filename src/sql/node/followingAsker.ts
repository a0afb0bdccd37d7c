import type { Answer, Asker, AskOptions } from "../core/asking";

interface AskedModel {
  readonly id: string;
  /** That it is asked in; with another adapter the same model is asked otherwise. */
  readonly promptLayout: string | undefined;
}

/** Asks by the model that is used now, with one asker for each: a person switches models between two questions. */
export class FollowingAsker<Model extends AskedModel> implements Asker {
  private last: { readonly model: Model; readonly asker: Asker } | undefined;

  /** @param model what is used now. @param create may load it. */
  constructor(
    private readonly model: () => Model,
    private readonly create: (model: Model, signal: AbortSignal) => Promise<Asker>,
  ) {}

  async ask(question: string, options: AskOptions): Promise<Answer> {
    return (await this.current(options.signal)).ask(question, options);
  }

  async fix(sql: string, error: string, options: AskOptions): Promise<Answer> {
    return (await this.current(options.signal)).fix(sql, error, options);
  }

  async warm(signal: AbortSignal): Promise<void> {
    await (await this.current(signal)).warm(signal);
  }

  private async current(signal: AbortSignal): Promise<Asker> {
    const model = this.model();
    const { last } = this;
    if (last?.model.id === model.id && last.model.promptLayout === model.promptLayout) return last.asker;
    const asker = await this.create(model, signal);
    this.last = { model, asker };
    return asker;
  }
}
