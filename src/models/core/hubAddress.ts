import { PaddockError } from "../../platform/core/errors";

/** A repository of a hub: where models are published. */
export interface RepositoryAddress {
  /** "owner/name". */
  readonly repository: string;
  /** A branch, tag or commit. */
  readonly revision: string;
}

/** What somebody typed or pasted to say which model they mean. */
export type ModelAddress =
  /** `quantization`: as llama.cpp and Ollama take it behind a colon, such as "Q4_K_M". */
  | ({ readonly kind: "repository"; readonly quantization?: string } & RepositoryAddress)
  | ({ readonly kind: "file"; readonly path: string } & RepositoryAddress)
  /** A .gguf file on any other server. */
  | { readonly kind: "url"; readonly url: string }
  /** Words to search for. */
  | { readonly kind: "words"; readonly words: string };

/** The branch that is meant where nobody says which. */
export const mainRevision = "main";

export const defaultEndpoint = "https://huggingface.co";

/** Hosts that mean the hub, whichever mirror the person has set. */
const hubHosts = new Set(["huggingface.co", "www.huggingface.co", "hf.co"]);

const namePart = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?$/;
const revisionPart = /^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$/;
const quantizationPart = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/;

/** Names as the hub allows them: no "..", no "--", which its own caches use between owner and name. */
export function isRepository(text: string): boolean {
  const parts = text.split("/");
  return (
    parts.length === 2 && parts.every((part) => namePart.test(part) && !part.includes("..") && !part.includes("--"))
  );
}

function isRevision(text: string): boolean {
  return revisionPart.test(text) && !text.includes("..") && !text.includes("//");
}

/**
 * @param endpoint the hub that the person uses; addresses of it mean repositories, as those of huggingface.co do.
 * @throws PaddockError hub/address for an address that names no model.
 */
export function parseModelAddress(text: string, endpoint: string = defaultEndpoint): ModelAddress {
  const typed = text.trim();
  const bare = /^(?:hf\.co|huggingface\.co)\//i.test(typed) ? `https://${typed}` : typed;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(bare)) return parseUrl(bare, endpoint);
  const [name = "", quantization, ...more] = typed.split(":");
  if (!isRepository(name) || more.length > 0) return { kind: "words", words: typed };
  return repository(name, mainRevision, quantization);
}

function parseUrl(text: string, endpoint: string): ModelAddress {
  if (!URL.canParse(text)) throw notAnAddress(text);
  const url = new URL(text);
  const isHub = hubHosts.has(url.hostname) || url.host === new URL(endpoint).host;
  if (!isHub) {
    assertFetchable(url);
    if (!/\.gguf$/i.test(decoded(url.pathname))) throw notAnAddress(text);
    return { kind: "url", url: url.href };
  }
  const [owner = "", name = "", verb, revision = mainRevision, ...rest] = url.pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
  const [plain = "", quantization] = name.split(":");
  const id = `${owner}/${plain}`;
  if (!isRepository(id)) throw notAnAddress(text);
  if (verb === undefined) return repository(id, mainRevision, quantization);
  if (!["tree", "blob", "resolve", "raw"].includes(verb) || !isRevision(revision)) throw notAnAddress(text);
  const path = rest.join("/");
  if (/\.gguf$/i.test(path) && verb !== "tree") return { kind: "file", repository: id, revision, path };
  return repository(id, revision);
}

function repository(id: string, revision: string, quantization?: string): ModelAddress {
  return quantization !== undefined && quantizationPart.test(quantization)
    ? { kind: "repository", repository: id, revision, quantization }
    : { kind: "repository", repository: id, revision };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function notAnAddress(text: string): PaddockError {
  return new PaddockError("hub/address", `${JSON.stringify(text.slice(0, 200))} is no address of a model.`, {
    remedy: "Give owner/name, the address of a model's page on Hugging Face, or an https address of a .gguf file.",
  });
}

/** Of this machine itself, where nobody listens in between. */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * Models come over https only, except from this machine itself.
 * @throws PaddockError hub/address
 */
export function assertFetchable(url: URL): void {
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
  if (isSafe && url.username === "" && url.password === "") return;
  throw new PaddockError("hub/address", `Paddock does not download from ${url.protocol}//${url.host}.`, {
    remedy: "Only https addresses without a password in them are used, and http on this machine itself.",
  });
}

/**
 * May a server that was asked at `from` send us on to `to`? Never from https to http, nor from elsewhere to this
 * machine's own ports.
 */
export function mayFollow(from: URL, to: URL): boolean {
  if (to.username !== "" || to.password !== "") return false;
  if (isLoopback(to.hostname)) return isLoopback(from.hostname);
  return to.protocol === "https:";
}

/**
 * The hub that a setting names; empty for Hugging Face.
 * @returns it without a slash at its end.
 * @throws PaddockError hub/address
 */
export function parseEndpoint(setting: string): string {
  if (setting.trim() === "") return defaultEndpoint;
  if (!URL.canParse(setting)) {
    throw new PaddockError("hub/address", "The setting paddock.models.hubEndpoint is no address.", {
      remedy: "Give an https address, such as https://hf-mirror.com, or leave it empty for Hugging Face.",
    });
  }
  const url = new URL(setting);
  assertFetchable(url);
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** The name of the file that an address ends in. */
export function nameOfUrl(url: string): string {
  return decoded(new URL(url).pathname.split("/").at(-1) ?? url);
}

const encodePath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

/** Where the hub tells what a repository holds, with sizes and checksums. */
export function repositoryUrl(endpoint: string, { repository: id, revision }: RepositoryAddress): string {
  return `${endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
}

export function searchUrl(endpoint: string, words: string, limit: number): string {
  return `${endpoint}/api/models?search=${encodeURIComponent(words)}&filter=gguf&sort=downloads&direction=-1&limit=${limit}`;
}

export function fileUrl(endpoint: string, { repository: id, revision }: RepositoryAddress, path: string): string {
  return `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${encodePath(path)}`;
}

/** The page where a person reads about a model and accepts its licence. */
export function pageUrl(endpoint: string, id: string): string {
  return `${endpoint}/${id}`;
}
