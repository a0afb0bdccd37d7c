import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { ByteSource } from "../../gguf/core/byteSource";
import {
  type FoundRepository,
  foundRepositories,
  type HubFile,
  type Repository,
  repositoryAnswerSchema,
  repositoryOf,
  searchAnswerSchema,
} from "../core/hub";
import {
  defaultEndpoint,
  fileUrl,
  nameOfUrl,
  pageUrl,
  type RepositoryAddress,
  repositoryUrl,
  searchUrl,
} from "../core/hubAddress";
import { badAnswer, isPassing } from "../core/hubErrors";
import { lookRetry, retryDelay, type RetryRules } from "../core/retry";
import type { HubHttp } from "./hubHttp";
import { RefusedError, refused, RemoteFile, remoteSource } from "./remoteFile";

export interface HubClientOptions {
  readonly http: HubHttp;
  /** Without a slash at its end, see parseEndpoint; it may change at any time. */
  readonly endpoint: () => string;
  /** The person's token for the endpoint. */
  readonly token: () => Promise<string | undefined>;
  readonly retry?: RetryRules;
}

/** An answer with all files of a repository of 10,000 has 4 MB. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The hub as a client sees it: search, what repositories hold, files by ranges. */
export class HubClient {
  constructor(private readonly options: HubClientOptions) {}

  get endpoint(): string {
    return this.options.endpoint();
  }

  /**
   * Repositories with GGUF files, the most downloaded first.
   * @throws PaddockError hub/*; what the signal was aborted with.
   */
  async search(words: string, limit: number, signal: AbortSignal): Promise<FoundRepository[]> {
    const address = searchUrl(this.endpoint, words, limit);
    const answer = await this.json(address, searchAnswerSchema, "the search", undefined, signal);
    return foundRepositories(answer);
  }

  /** The GGUF files of a repository, with sizes and checksums. @throws as `search`. */
  async repository(address: RepositoryAddress, signal: AbortSignal): Promise<Repository> {
    const { endpoint } = this;
    const page = pageUrl(endpoint, address.repository);
    const url = repositoryUrl(endpoint, address);
    const answer = await this.json(url, repositoryAnswerSchema, address.repository, page, signal);
    return repositoryOf(answer, address.revision);
  }

  /** A file of a repository; nothing is asked yet. */
  file(address: RepositoryAddress, path: string): RemoteFile {
    return this.remote(fileUrl(this.endpoint, address, path), path, pageUrl(this.endpoint, address.repository));
  }

  /** A file at any address. */
  fileAt(url: string): RemoteFile {
    return this.remote(url, nameOfUrl(url), undefined);
  }

  /** Its bytes by ranges, at the commit that was looked at. */
  source(repository: Repository, file: HubFile): ByteSource {
    const remote = this.file({ repository: repository.id, revision: repository.commit }, file.path);
    const source = remoteSource(remote, file.size, file.path);
    return {
      size: source.size,
      read: (offset, length, signal) => this.patiently(() => source.read(offset, length, signal), signal),
    };
  }

  private remote(url: string, what: string, page: string | undefined): RemoteFile {
    const { http } = this.options;
    return new RemoteFile({ http, url, what, page, token: () => this.token() });
  }

  private async token(): Promise<{ readonly value: string; readonly origin: string } | undefined> {
    const value = await this.options.token();
    return value === undefined ? undefined : { value, origin: new URL(this.endpoint).origin };
  }

  private async json<T extends v.GenericSchema>(
    url: string,
    schema: T,
    what: string,
    page: string | undefined,
    signal: AbortSignal,
  ): Promise<v.InferOutput<T>> {
    const { http } = this.options;
    return await this.patiently(async () => {
      const token = await this.token();
      const answer = await http.get(url, { headers: { accept: "application/json" }, token, signal, what });
      if (answer.status !== 200) {
        answer.discard();
        throw refused(answer, { what, host: answer.url.host, page, hadToken: token !== undefined });
      }
      const parsed = v.safeParse(schema, await http.json(answer, what, MOST_BYTES));
      if (parsed.success) return parsed.output;
      throw badAnswer(what, answer.url.host, parsed.issues[0].message);
    }, signal);
  }

  /** Tries again what may pass, a few times: somebody is waiting. */
  private async patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await ask();
      } catch (error) {
        signal.throwIfAborted();
        if (!isPassing(error)) throw error;
        const retryAfter = error instanceof RefusedError ? error.retryAfter : undefined;
        // Nobody looks at a list that is loading for more than some seconds.
        if (retryAfter !== undefined && retryAfter > 10) throw error;
        const wait = retryDelay(this.options.retry ?? lookRetry, failures, retryAfter, Math.random);
        if (wait === undefined) throw error;
        await sleep(wait, undefined, { signal });
      }
    }
  }
}

/** For a client without settings, as tests and tools are. */
export function plainHub(http: HubHttp, endpoint: string = defaultEndpoint, token?: string): HubClient {
  return new HubClient({ http, endpoint: () => endpoint, token: () => Promise.resolve(token) });
}
