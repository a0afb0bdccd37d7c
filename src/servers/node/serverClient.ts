import { isCancellation, PaddockError } from "../../platform/core/errors";
import { EventReader } from "../core/eventReader";
import { LineReader } from "../core/lineReader";
import type { WireRequest } from "../core/requests";
import { badServerAnswer, refusalError, refusalWords, tooSlow } from "../core/serverErrors";
import { type LookAnswers, lookPaths, readLook, type ServerLook } from "../core/serverLook";
import type { AnswerPiece, EndedAnswer, StreamedAnswer } from "../core/streamedAnswer";
import type { ServerAnswer, ServerHttp, ServerPlace } from "./serverHttp";

/** A server that is there answers small questions at once. */
const LOOK_MS = 10_000;
/** All of a look together: one that trickles is no more there than one that is silent. */
const WHOLE_LOOK_MS = 30_000;
/** Of one of its answers: what a thousand models need is far less. */
const MOST_LOOK_BYTES = 4 * 1024 * 1024;
/** A long prompt, or a model that has to be loaded first, can take minutes without a word. */
const ANSWER_MS = 10 * 60_000;
/** Of an answer that is not streamed: vectors of a few thousand texts. */
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_REFUSAL_BYTES = 64 * 1024;

/** Asks one server. */
export class ServerClient {
  constructor(
    private readonly http: ServerHttp,
    private readonly place: () => Promise<ServerPlace>,
    private readonly wholeLookMs = WHOLE_LOOK_MS,
  ) {}

  /**
   * What the server is and has; nothing of the person's is sent.
   * @throws PaddockError server/*; what the signal was aborted with.
   */
  async look(signal: AbortSignal): Promise<ServerLook> {
    const place = await this.place();
    const { destination } = place;
    const limit = AbortSignal.timeout(this.wholeLookMs);
    const request = { signal: AbortSignal.any([signal, limit]), silenceMs: LOOK_MS, mostBytes: MOST_LOOK_BYTES };
    const asked = lookPaths.map(async (path) => {
      try {
        return { path, json: await this.json(path, request, place) };
      } catch (error) {
        if (path === "/v1/models" && limit.aborted && !signal.aborted) throw tooSlow(destination, this.wholeLookMs);
        // The list of models is what all of them have; the rest tells one from another.
        if (path === "/v1/models" || isCancellation(error) || signal.aborted) throw error;
        return { path, json: undefined };
      }
    });
    const answers: LookAnswers = Object.fromEntries((await Promise.all(asked)).map(({ path, json }) => [path, json]));
    const look = readLook(answers);
    if (look === undefined) throw badServerAnswer(destination, "no list of models at /v1/models");
    return look;
  }

  /**
   * Asks, and takes what is streamed until it has ended.
   * @param onPiece called for each piece that came.
   * @throws PaddockError server/*, context/overflow, unsupported; what the signal was aborted with.
   */
  async stream(
    { path, body, framing }: WireRequest,
    answer: (who: { server: string; hadKey: boolean }) => StreamedAnswer,
    { signal, onPiece }: { signal: AbortSignal; onPiece: (piece: AnswerPiece) => void },
  ): Promise<EndedAnswer> {
    const place = await this.place();
    const response = await this.http.ask(place, path, { body, signal, silenceMs: ANSWER_MS });
    if (response.status !== 200) throw await this.refusal(response, place);
    const expected = framing === "lines" ? /^application\/x-ndjson\b/iu : /^text\/event-stream\b/iu;
    if (!expected.test(response.contentType)) {
      const begin = (await this.text(response, MOST_REFUSAL_BYTES, place)).slice(0, 200);
      throw badServerAnswer(place.destination, `${response.contentType}: ${begin}`);
    }
    const taken = answer({ server: place.destination, hadKey: place.key !== undefined });
    const events = framing === "lines" ? new LineReader(place.destination) : new EventReader(place.destination);
    const decoder = new TextDecoder();
    for await (const chunk of response.body)
      for (const data of events.push(decoder.decode(chunk, { stream: true }))) onPiece(taken.push(data));
    return taken.end();
  }

  /**
   * A whole answer as JSON.
   * @throws PaddockError server/*, unsupported; what the signal was aborted with.
   */
  async json(
    path: string,
    request: {
      readonly body?: unknown;
      readonly signal: AbortSignal;
      readonly silenceMs?: number;
      readonly mostBytes?: number;
    },
    known?: ServerPlace,
  ): Promise<unknown> {
    const place = known ?? (await this.place());
    const response = await this.http.ask(place, path, { ...request, silenceMs: request.silenceMs ?? ANSWER_MS });
    if (response.status !== 200) throw await this.refusal(response, place);
    const text = await this.text(response, request.mostBytes ?? MOST_BYTES, place);
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw badServerAnswer(place.destination, `no JSON: ${text.slice(0, 200)}`);
    }
  }

  private async refusal(response: ServerAnswer, place: ServerPlace): Promise<PaddockError> {
    const { status, retryAfter } = response;
    let words = "";
    try {
      const text = await this.text(response, MOST_REFUSAL_BYTES, place);
      words = refusalWords(JSON.parse(text));
    } catch (error) {
      if (isCancellation(error)) throw error;
      // A page in place of JSON says nothing that is for people.
    }
    return refusalError(place.destination, { status, words, retryAfter, hadKey: place.key !== undefined });
  }

  private async text(response: ServerAnswer, most: number, place: ServerPlace): Promise<string> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > most) throw badServerAnswer(place.destination, `more than ${most} bytes`);
    }
    return new TextDecoder().decode(Buffer.concat(chunks));
  }
}
