/** Tokens that must agree before what followed them is expected to follow again. */
const LOOKED_FOR = 2;
/** What followed in an earlier answer, which mostly goes on alike. */
const MOST_OF_ANSWER = 6;
/** What followed in the prompt: the rest of a name. */
const MOST_OF_NAME = 4;

/**
 * Guesses what follows from what has been written before, so that several tokens are processed in one batch: on a CPU
 * one of three tokens costs less than two of one. A guess that fails is taken out of the KV cache again. With the starter
 * on one core, the same six searches took 10% less time with it.
 */
export class Drafts<Token extends number> {
  private readonly answers: (readonly Token[])[] = [];

  /** @param isOfName whether a token can go on a name that has begun. */
  constructor(
    private readonly prompt: readonly Token[],
    private readonly isOfName: (token: Token) => boolean,
  ) {}

  /** Takes note of an answer, or of a beginning that led nowhere. */
  remember(answer: readonly Token[]): void {
    this.answers.push(answer);
  }

  /** What may follow the tokens of an answer that is being written; empty where nothing suggests itself. */
  after(written: readonly Token[]): readonly Token[] {
    const last = written.slice(-LOOKED_FOR);
    if (last.length < LOOKED_FOR) return [];
    for (const answer of this.answers.toReversed()) {
      const end = endOf(last, answer);
      if (end !== undefined) return answer.slice(end, end + MOST_OF_ANSWER);
    }
    const end = endOf(last, this.prompt);
    if (end === undefined) return [];
    const followed = this.prompt.slice(end, end + MOST_OF_NAME);
    const nameEnds = followed.findIndex((token) => !this.isOfName(token));
    return nameEnds < 0 ? followed : followed.slice(0, nameEnds);
  }
}

/** Behind the last place where the tokens stand with something after them. */
function endOf(wanted: readonly number[], tokens: readonly number[]): number | undefined {
  for (let end = tokens.length - 1; end >= wanted.length; end--) {
    if (wanted.every((token, index) => tokens[end - wanted.length + index] === token)) return end;
  }
  return undefined;
}
