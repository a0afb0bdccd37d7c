import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { formatCount, formatMilliseconds, formatShare } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import type { ConnectionView, FailureView, TurnView } from "../core/askContract";
import type { AskTexts } from "../core/askTexts";
import type { AskLink } from "./askLink";
import { confidenceBadge, facts, failureBox, stepWords } from "./answerParts";
import "./planTree";
import "./resultPane";
import "./sqlCode";
import { counted, fill } from "./strings";

/** One question, its answer, and what running it found. */
@customElement("paddock-turn")
export class TurnElement extends PaddockElement {
  @property({ attribute: false }) turn!: TurnView;
  @property({ attribute: false }) connection!: ConnectionView;
  @property({ attribute: false }) link!: AskLink;
  @property({ attribute: false }) texts!: AskTexts;
  @property({ attribute: false }) announce!: (text: string) => void;
  @state() private isCorrecting = false;
  @query("textarea") private readonly box!: HTMLTextAreaElement | null;

  protected override updated(changed: PropertyValues): void {
    const before = changed.get("turn") as TurnView | undefined;
    // A question that must not be missed; the answer that changes nothing comes first to hand.
    if (before !== undefined && before.run.state !== "confirm" && this.turn.run.state === "confirm")
      this.querySelector<HTMLElement>(".write-question .secondary")?.focus();
  }

  protected override render(): TemplateResult {
    const { turn, texts } = this;
    const name = `asked-${turn.id}`;
    return html`<article class="turn" aria-labelledby=${name}>
      <div class="asked">
        <h2 id=${name} dir="auto">
          ${
            turn.question === ""
              ? html`<span class="quiet">${texts.byHand}</span>`
              : html`<span class="question-text">${visibleText(turn.question)}</span>`
          }
        </h2>
        ${
          turn.sql === null || turn.state !== "answered"
            ? nothing
            : this.iconButton(
                turn.isFavourite ? "star-full" : "star-empty",
                turn.isFavourite ? texts.removeFavourite : texts.addFavourite,
                () => this.link.send("favourite", { turn: turn.id, isFavourite: !turn.isFavourite }),
              )
        }
        ${this.iconButton("close", texts.remove, () => this.link.send("remove", { turn: turn.id }))}
      </div>
      ${turn.state === "asking" ? this.progress() : nothing}
      ${turn.state === "cancelled" ? html`<p class="quiet">${texts.askCancelled} ${this.askAgain()}</p>` : nothing}
      ${turn.failure === null ? nothing : this.failed(turn.failure)}
      ${turn.sql === null ? nothing : this.answer(turn.sql)} ${turn.plan === null ? nothing : this.plan(turn.plan)}
      ${this.outcome()}
    </article>`;
  }

  private iconButton(name: string, label: string, act: () => void): TemplateResult {
    return html`<button type="button" class="icon-button" title=${label} aria-label=${label} @click=${act}>
      ${icon(name)}
    </button>`;
  }

  private button(name: string, label: string, help: string, act: () => void, isMain = false): TemplateResult {
    return html`<button type="button" class=${isMain ? "button" : "button secondary"} title=${help} @click=${act}>
      ${icon(name)} ${label}
    </button>`;
  }

  private cancelButton(): TemplateResult {
    return html`<button
      type="button"
      class="button secondary"
      @click=${() => this.link.send("cancel", { turn: this.turn.id })}
    >
      ${this.texts.cancel}
    </button>`;
  }

  private progress(): TemplateResult {
    const { turn, texts } = this;
    return html`<div class="progress">
      ${icon("loading spinning")}
      <span role="status">${turn.step === null ? texts.starting : stepWords(turn.step, texts)}…</span>
      ${this.cancelButton()}
    </div>`;
  }

  private askAgain(): TemplateResult {
    const { turn, texts } = this;
    return html`<button
      type="button"
      class="link-button"
      @click=${() => this.link.send("ask", { question: turn.question })}
    >
      ${texts.askAgain}
    </button>`;
  }

  private allowWriting(): TemplateResult {
    return html`<button
      type="button"
      class="link-button"
      @click=${() => this.link.send("allowWriting", { turn: this.turn.id })}
    >
      ${this.texts.allowWriting}
    </button>`;
  }

  private failed(failure: FailureView): TemplateResult {
    const { turn } = this;
    return failureBox(failure, turn.question === "" ? nothing : this.askAgain());
  }

  private answer(sql: string): TemplateResult {
    const { turn, texts, isCorrecting } = this;
    return html`<div class="answer">
      ${
        isCorrecting
          ? this.correction(sql)
          : html`<paddock-sql
              .code=${sql}
              .label=${texts.statement}
              .invisible=${(mark: string) => fill(texts.invisible, mark)}
            ></paddock-sql>`
      }
      ${turn.explanation === "" ? nothing : html`<p class="explanation" dir="auto">${visibleText(turn.explanation)}</p>`}
      <div class="badges">
        ${turn.state === "failed" ? nothing : confidenceBadge(turn, texts)}
        ${
          // A statement that the person wrote is nobody else's that was changed.
          turn.isCorrected && turn.question !== ""
            ? html`<span class="badge">${icon("edit")}${texts.corrected}</span>`
            : nothing
        }
        ${turn.effect === "write" ? html`<span class="badge writes">${icon("warning")}${texts.writes}</span>` : nothing}
      </div>
      ${facts(turn, texts, (place) => this.link.send("reveal", place))}
      ${turn.state === "asking" || isCorrecting ? nothing : this.buttons()}
      ${
        turn.timing === null
          ? nothing
          : html`<p class="status-line">
              ${
                turn.timing.cachedShare > 0
                  ? fill(
                      texts.answerTimeCached,
                      formatMilliseconds(turn.timing.elapsedMs),
                      formatShare(turn.timing.cachedShare),
                    )
                  : fill(texts.answerTime, formatMilliseconds(turn.timing.elapsedMs))
              }
            </p>`
      }
    </div>`;
  }

  private buttons(): TemplateResult {
    const { turn, texts, link } = this;
    const { id } = turn;
    const wasRun = turn.run.state !== "none";
    const isBusy = turn.run.state === "running" || turn.run.state === "counting" || turn.run.state === "writing";
    const isFixable = turn.run.canFix && !isBusy;
    const isMine = turn.question !== "" && turn.state === "answered";
    return html`<div class="answer-buttons" role="group" aria-label=${texts.actionsOf}>
      ${isFixable ? this.button("wand", texts.fix, texts.fixHelp, () => link.send("fix", { turn: id }), true) : nothing}
      ${
        isBusy
          ? nothing
          : this.button(
              "play",
              wasRun ? texts.runAgain : texts.run,
              texts.run,
              () => link.send("run", { turn: id }),
              !isFixable && !wasRun,
            )
      }
      ${this.button("go-to-file", texts.edit, texts.editHelp, () => link.send("edit", { turn: id }))}
      ${this.button("copy", texts.copy, texts.copySqlHelp, () => void this.copySql())}
      ${this.button("list-tree", texts.explain, texts.explainHelp, () => link.send("plan", { turn: id }))}
      ${this.button("edit", texts.correct, texts.correctHelp, () => void this.correct())}
      ${
        !isMine
          ? nothing
          : turn.isConfirmed
            ? this.button("circle-slash", texts.notRight, texts.confirmedHelp, () =>
                link.send("confirm", { turn: id, isRight: false }),
              )
            : this.button("verified", texts.isRight, texts.isRightHelp, () =>
                link.send("confirm", { turn: id, isRight: true }),
              )
      }
    </div>`;
  }

  private async copySql(): Promise<void> {
    const copied = await this.link.ask("copySql", { turn: this.turn.id });
    if (copied !== undefined) this.announce(this.texts.copiedSql);
  }

  private async correct(): Promise<void> {
    this.isCorrecting = true;
    await this.updateComplete;
    this.box?.focus();
  }

  private correction(sql: string): TemplateResult {
    const { texts, turn } = this;
    const run = (): void => {
      const written = this.box?.value.trim() ?? "";
      if (written === "") return;
      this.isCorrecting = false;
      this.link.send("correct", { turn: turn.id, sql: written });
    };
    return html`<form
      class="correction"
      @submit=${(event: Event) => {
        event.preventDefault();
        run();
      }}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === "Escape") this.isCorrecting = false;
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
      }}
    >
      <textarea
        class="text-box"
        spellcheck="false"
        maxlength="100000"
        aria-label=${texts.correctLabel}
        rows=${Math.min(Math.max(sql.split("\n").length + 1, 3), 16)}
        .value=${sql}
      ></textarea>
      <div class="buttons">
        <button type="submit" class="button">${icon("play")} ${texts.runCorrected}</button>
        <button type="button" class="button secondary" @click=${() => (this.isCorrecting = false)}>
          ${texts.cancel}
        </button>
      </div>
    </form>`;
  }

  private plan({ isRunning, lines, failure }: NonNullable<TurnView["plan"]>): TemplateResult {
    const { texts } = this;
    return html`<section class="plan" aria-label=${texts.plan}>
      <h3>${texts.plan}</h3>
      ${
        isRunning
          ? html`<p class="progress" role="status">${icon("loading spinning")} ${texts.planRunning}</p>`
          : failure !== null
            ? failureBox(failure)
            : lines.length === 0
              ? html`<p class="quiet">${texts.planEmpty}</p>`
              : html`<paddock-plan-tree .lines=${lines} .texts=${texts}></paddock-plan-tree>`
      }
    </section>`;
  }

  /** What running it led to. */
  private outcome(): TemplateResult | typeof nothing {
    const { turn, texts } = this;
    const { run, result } = turn;
    const working = (words: string): TemplateResult =>
      html`<div class="progress">
        ${icon("loading spinning")}<span role="status">${words}</span>${this.cancelButton()}
      </div>`;
    switch (run.state) {
      case "none":
        return nothing;
      case "running":
        return working(texts.running);
      case "counting":
        return working(texts.counting);
      case "writing":
        return working(texts.writing);
      case "confirm":
        return this.writeQuestion(run.rows ?? 0);
      case "wrote":
        return html`<div class="callout info">
          ${icon("check")}
          <p>${counted(run.rows ?? 0, texts.wroteOne, texts.wrote, formatCount(run.rows ?? 0))}</p>
        </div>`;
      case "cancelled":
        return html`<p class="quiet">${texts.runCancelled}</p>`;
      case "failed":
        return html`<div role="alert">
          ${failureBox(
            { message: run.failure?.message ?? "", remedy: run.failure?.remedy ?? null },
            run.canAllow ? this.allowWriting() : nothing,
            texts.runFailed,
          )}
        </div>`;
      case "done":
        if (result === null) return html`<p class="quiet">${texts.resultGone}</p>`;
        return html`<paddock-result
          .result=${result}
          .link=${this.link}
          .texts=${texts}
          .announce=${this.announce}
        ></paddock-result>`;
    }
  }

  private writeQuestion(rows: number): TemplateResult {
    const { turn, texts, connection, link } = this;
    const question = rows === 0 ? texts.confirmWriteNone : rows === 1 ? texts.confirmWriteOne : texts.confirmWrite;
    return html`<div class="callout warning write-question" role="alertdialog" aria-label=${texts.writes}>
      ${icon("warning")}
      <p>${fill(question, formatCount(rows), visibleText(connection.name))}</p>
      <div class="buttons">
        ${
          rows === 0
            ? nothing
            : html`<button
                type="button"
                class="button"
                @click=${() => link.send("allowWrite", { turn: turn.id, rows })}
              >
                ${counted(rows, texts.allowWriteOne, texts.allowWrite, formatCount(rows))}
              </button>`
        }
        <button type="button" class="button secondary" @click=${() => link.send("declineWrite", { turn: turn.id })}>
          ${rows === 0 ? texts.close : texts.cancel}
        </button>
      </div>
    </div>`;
  }
}
