import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What goes wrong with requests for a file's content, until it is switched off. */
export type HubFault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string; readonly errorCode?: string }
  /** A sign-in page, as networks in hotels send it. */
  | { readonly kind: "html"; readonly contentType?: string }
  /** An honest Content-Length, and Content-Range, of fewer bytes than were asked for. */
  | { readonly kind: "short" }
  /** The connection ends in the middle of what was promised. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Other bytes than the checksum says, of the same length. */
  | { readonly kind: "wrong-bytes" }
  | { readonly kind: "no-ranges" }
  /** Not a word, and the connection stays open. */
  | { readonly kind: "silence" };

export interface HubServerFile {
  readonly path: string;
  content: Buffer;
}

export interface HubServerRepository {
  readonly id: string;
  readonly gated?: boolean;
  readonly isPrivate?: boolean;
  readonly files: HubServerFile[];
  readonly tags?: readonly string[];
  readonly downloads?: number;
}

export interface HubRequest {
  readonly server: "hub" | "content";
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/**
 * A hub of models on this machine, as huggingface.co speaks to a client: an API for search and repositories, and files
 * that redirect to another server (another port here) with a signed address, where content is served by ranges.
 */
export class HubServer {
  readonly repositories = new Map<string, HubServerRepository>();
  readonly requests: HubRequest[] = [];
  /** The token that opens gated and private repositories. */
  goodToken = "hf_good";
  /** A token that is known and may not read gated repositories. */
  strangerToken = "hf_stranger";
  /** Milliseconds before each answer begins. */
  latencyMs = 0;
  /** Bytes/s of each connection that serves content; undefined for as fast as it goes. */
  bytesPerSecond: number | undefined;
  /** Of the API. */
  apiFault: HubFault | undefined;
  /** Of content: a fault for all requests, or decided for each of them. */
  contentFault: HubFault | ((request: HubRequest) => HubFault | undefined) | undefined;
  /** Signed addresses that were given out before are refused from now on. */
  private signature = 1;

  private constructor(
    private readonly hub: Server,
    private readonly content: Server,
  ) {
    hub.on("request", (request, response) => void this.answerHub(request, response));
    content.on("request", (request, response) => void this.answerContent(request, response));
  }

  static async start(): Promise<HubServer> {
    const [hub, content] = [createServer(), createServer()];
    await Promise.all(
      [hub, content].map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()))),
    );
    return new HubServer(hub, content);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.hub.address() as AddressInfo).port}`;
  }

  /** Of a file that is no repository's: any address with a name. */
  get contentOrigin(): string {
    return `http://127.0.0.1:${(this.content.address() as AddressInfo).port}`;
  }

  add(repository: HubServerRepository): this {
    this.repositories.set(repository.id, repository);
    return this;
  }

  expireSignatures(): void {
    this.signature++;
  }

  forgetRequests(): void {
    this.requests.length = 0;
  }

  async stop(): Promise<void> {
    await Promise.all(
      [this.hub, this.content].map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
    );
  }

  private note(server: HubRequest["server"], request: IncomingMessage): HubRequest {
    const { range, authorization } = request.headers;
    const noted = { server, path: request.url ?? "", range, authorization };
    this.requests.push(noted);
    return noted;
  }

  private async answerHub(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const noted = this.note("hub", request);
    await pause(this.latencyMs);
    const url = new URL(noted.path, this.endpoint);
    const isApi = url.pathname.startsWith("/api/");
    if (isApi && this.apiFault !== undefined) {
      this.fail(response, this.apiFault, Buffer.alloc(0));
      return;
    }
    const parts = url.pathname.split("/").slice(1).map(decodeURIComponent);
    if (url.pathname === "/api/models") {
      json(response, this.found(url.searchParams));
      return;
    }
    const [owner = "", name = ""] = isApi ? parts.slice(2) : parts;
    const repository = this.repositories.get(`${owner}/${name}`);
    const token = noted.authorization?.replace("Bearer ", "");
    if (token !== undefined && token !== this.goodToken && token !== this.strangerToken) {
      refuse(response, 401, undefined, "Invalid credentials in Authorization header");
      return;
    }
    if (repository === undefined || (repository.isPrivate === true && token !== this.goodToken)) {
      if (token === undefined) refuse(response, 401, "RepoNotFound", "Invalid username or password.");
      else refuse(response, 404, "RepoNotFound", "Repository not found");
      return;
    }
    if (isApi) {
      json(response, described(repository));
      return;
    }
    if (repository.gated === true && token !== this.goodToken) {
      refuse(response, token === undefined ? 401 : 403, "GatedRepo", `Access to model ${repository.id} is restricted.`);
      return;
    }
    const [, , verb, revision = "", ...path] = parts;
    if (verb !== "resolve") {
      refuse(response, 404, undefined, "Not found");
      return;
    }
    if (revision !== "main" && revision !== commitOf(repository)) {
      refuse(response, 404, "RevisionNotFound", `Invalid rev id: ${revision}`);
      return;
    }
    const file = repository.files.find((one) => one.path === path.join("/"));
    if (file === undefined) {
      refuse(response, 404, "EntryNotFound", "Entry not found");
      return;
    }
    const place = encodeURIComponent(`${repository.id}/${file.path}`);
    response.writeHead(302, {
      location: `${this.contentOrigin}/lfs/${place}?signature=${this.signature}`,
      "x-repo-commit": commitOf(repository),
      "x-linked-size": file.content.length,
      "x-linked-etag": `"${sha256(file.content)}"`,
      "accept-ranges": "bytes",
    });
    response.end("Found. Redirecting");
  }

  private async answerContent(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const noted = this.note("content", request);
    await pause(this.latencyMs);
    const url = new URL(noted.path, this.contentOrigin);
    const id = decodeURIComponent(url.pathname.slice("/lfs/".length));
    const file = [...this.repositories.values()]
      .flatMap((repository) => repository.files.map((one) => ({ one, id: `${repository.id}/${one.path}` })))
      .find((known) => known.id === id)?.one;
    if (file === undefined) {
      refuse(response, 404, undefined, "NoSuchKey");
      return;
    }
    const given = url.searchParams.get("signature");
    if (given !== null && Number(given) !== this.signature) {
      refuse(response, 403, undefined, "Request has expired");
      return;
    }
    const fault = typeof this.contentFault === "function" ? this.contentFault(noted) : this.contentFault;
    if (fault !== undefined && ["status", "html", "silence"].includes(fault.kind)) {
      this.fail(response, fault, file.content);
      return;
    }
    await this.serve(noted.range, response, file.content, fault);
  }

  private async serve(
    range: string | undefined,
    response: ServerResponse,
    whole: Buffer,
    fault: HubFault | undefined,
  ): Promise<void> {
    const size = whole.length;
    const asked = fault?.kind === "no-ranges" ? null : /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
    const start = Number(asked?.[1] ?? 0);
    const wanted = asked?.[2] === undefined || asked[2] === "" ? size : Math.min(size, Number(asked[2]) + 1);
    const etag = `"${sha256(whole).slice(0, 32)}"`;
    if (asked !== null && start >= size) {
      response.writeHead(416, { "content-range": `bytes */${size}` }).end();
      return;
    }
    const end = fault?.kind === "short" ? start + Math.ceil((wanted - start) / 2) : wanted;
    const body = Buffer.from(whole.subarray(start, end));
    if (fault?.kind === "wrong-bytes") for (let at = 0; at < body.length; at += 997) body[at] = (body[at] ?? 0) ^ 1;
    response.writeHead(asked === null ? 200 : 206, {
      "content-type": "application/octet-stream",
      "content-length": end - start,
      ...(fault?.kind === "no-ranges" ? {} : { "accept-ranges": "bytes" }),
      ...(asked === null ? {} : { "content-range": `bytes ${start}-${end - 1}/${size}` }),
      etag,
    });
    const most = fault?.kind === "cut" ? Math.min(body.length, fault.afterBytes) : body.length;
    await this.send(response, body.subarray(0, most));
    if (most < body.length) response.destroy();
    else response.end();
  }

  private async send(response: ServerResponse, body: Buffer): Promise<void> {
    const { bytesPerSecond } = this;
    const piece = bytesPerSecond === undefined ? 256 * 1024 : Math.max(1, Math.floor(bytesPerSecond / 50));
    const pieces = async function* (): AsyncGenerator<Buffer> {
      for (let at = 0; at < body.length; at += piece) {
        yield body.subarray(at, at + piece);
        if (bytesPerSecond !== undefined) await pause(20);
      }
    };
    // A client that goes away in the middle is no fault of the server.
    await pipeline(Readable.from(pieces()), response, { end: false }).catch(() => undefined);
  }

  private fail(response: ServerResponse, fault: HubFault, whole: Buffer): void {
    if (fault.kind === "status") {
      response.writeHead(fault.status, {
        ...(fault.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter }),
        ...(fault.errorCode === undefined ? {} : { "x-error-code": fault.errorCode }),
        ...(fault.status === 416 ? { "content-range": `bytes */${whole.length}` } : {}),
      });
      response.end("a fault");
    } else if (fault.kind === "html") {
      const page = `<!DOCTYPE html><html><body>Please sign in.${" ".repeat(5000)}</body></html>`;
      response.writeHead(200, {
        "content-type": fault.contentType ?? "text/html; charset=utf-8",
        "content-length": page.length,
      });
      response.end(page);
    } else if (fault.kind !== "silence") {
      response.destroy();
    }
  }

  private found(query: URLSearchParams): unknown[] {
    const words = (query.get("search") ?? "").toLowerCase();
    return [...this.repositories.values()]
      .filter(({ id, files }) => id.toLowerCase().includes(words) && files.some(({ path }) => path.endsWith(".gguf")))
      .sort((a, b) => (b.downloads ?? 0) - (a.downloads ?? 0))
      .slice(0, Number(query.get("limit") ?? 10))
      .map(({ id, downloads = 0, tags = [] }) => ({
        _id: id,
        id,
        modelId: id,
        downloads,
        likes: 3,
        private: false,
        tags,
      }));
  }
}

function described(repository: HubServerRepository): unknown {
  return {
    id: repository.id,
    sha: commitOf(repository),
    private: repository.isPrivate ?? false,
    gated: repository.gated === true ? "manual" : false,
    tags: repository.tags ?? ["gguf", "license:apache-2.0"],
    siblings: [
      { rfilename: "README.md", size: 20, blobId: "0".repeat(40) },
      ...repository.files.map(({ path, content }) => ({
        rfilename: path,
        size: content.length,
        blobId: "0".repeat(40),
        lfs: { sha256: sha256(content), size: content.length, pointerSize: 134 },
      })),
    ],
  };
}

/** Changes with any content, as a commit does. */
function commitOf({ files }: HubServerRepository): string {
  return createHash("sha1")
    .update(files.map(({ path, content }) => `${path} ${sha256(content)}`).join("\n"))
    .digest("hex");
}

/** Contents are large and asked for often. */
const hashes = new WeakMap<Buffer, string>();
export function sha256(content: Buffer): string {
  const known = hashes.get(content) ?? createHash("sha256").update(content).digest("hex");
  hashes.set(content, known);
  return known;
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(value));
}

function refuse(response: ServerResponse, status: number, code: string | undefined, message: string): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    ...(code === undefined ? {} : { "x-error-code": code }),
    "x-error-message": message,
  });
  response.end(JSON.stringify({ error: message }));
}

function pause(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
