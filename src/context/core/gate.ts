/**
 * What of a workspace may be shown to a model. A secret never is, whoever asks: a conversation is kept, exported and
 * quoted. Pure, so that every way to a prompt can ask the same.
 */
export type Refusal =
  /** By its name or by what is in it. */
  | { readonly why: "secret"; readonly what: string }
  | { readonly why: "binary" }
  | { readonly why: "tooLarge"; readonly bytes: number; readonly most: number };

/** Some 60,000 tokens, more than most models hold. */
export const maxFileBytes = 256 * 1024;

/** Names of files that hold secrets, in lower case. */
const secretNames: readonly RegExp[] = [
  /^\.env(\..+)?$/u,
  /^.+\.env$/u,
  /\.(pem|key|p12|pfx|jks|keystore|ppk|kdbx|tfstate)$/u,
  /\.tfstate\.backup$/u,
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/u,
  /^\.(npmrc|pypirc|netrc|pgpass|htpasswd|git-credentials|dockercfg)$/u,
  /^_netrc$/u,
  /^kubeconfig(\..+)?$/u,
  /^(credentials|secrets?)(\..+)?$/u,
];
/** Names that look like a secret's and are made to be shared. */
const sharedNames = /^\.env(\..+)?\.(example|sample|template|dist)$|^\.env\.(example|sample|template|dist)$/u;
/** Folders in which every file is a secret. */
const secretFolders: ReadonlySet<string> = new Set([".ssh", ".gnupg", ".aws"]);
/** The end counts too: what shows only the last lines of a key shows the key. */
const privateKey = /-----(?:BEGIN|END) (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/u;

/** @param path absolute or relative, of either kind of slash; ask for the real path of a link too. */
export function refusalOfPath(path: string): Refusal | undefined {
  const pieces = path.split(/[\\/]/u).filter((piece) => piece !== "");
  // Windows and macOS take names in any case.
  const name = (pieces.at(-1) ?? "").toLowerCase();
  const folder = pieces.slice(0, -1).find((piece) => secretFolders.has(piece.toLowerCase()));
  if (folder !== undefined) return { why: "secret", what: folder };
  // .kube/config has a name that says nothing.
  if (name === "config" && pieces.at(-2)?.toLowerCase() === ".kube") return { why: "secret", what: ".kube/config" };
  if (sharedNames.test(name) || !secretNames.some((secret) => secret.test(name))) return undefined;
  return { why: "secret", what: pieces.at(-1) ?? "" };
}

/** @param bytes the file's size. */
export function refusalOfSize(bytes: number): Refusal | undefined {
  return bytes > maxFileBytes ? { why: "tooLarge", bytes, most: maxFileBytes } : undefined;
}

export function refusalOfText(text: string): Refusal | undefined {
  if (text.includes("\0")) return { why: "binary" };
  const key = privateKey.exec(text);
  return key === null ? undefined : { why: "secret", what: key[0].replaceAll("-", "").replace(/^(?:BEGIN|END) /u, "") };
}
