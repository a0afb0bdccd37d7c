import * as v from "valibot";

/**
 * What the hub answers, as far as Paddock reads it. Servers are not trusted: what does not fit is refused, names and
 * numbers have bounds, and what is not named here is dropped.
 */
const text = (most: number): v.GenericSchema<string> => v.pipe(v.string(), v.maxLength(most));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const repositoryId = v.pipe(v.string(), v.maxLength(200), v.regex(/^[\w.-]+\/[\w.-]+$/));

/** What stands at the beginning of `tags`, such as "license:apache-2.0". */
const tags = v.optional(v.pipe(v.array(text(300)), v.maxLength(2000)), []);

const searchResultSchema = v.object({
  id: repositoryId,
  downloads: v.optional(count, 0),
  likes: v.optional(count, 0),
  tags,
});

export const searchAnswerSchema = v.pipe(v.array(v.unknown()), v.maxLength(1000));

export interface FoundRepository {
  /** "owner/name". */
  readonly id: string;
  /** Of the last 30 days, as the hub counts them. */
  readonly downloads: number;
  readonly likes: number;
  readonly license: string | undefined;
}

const siblingSchema = v.object({
  rfilename: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
  size: v.optional(v.nullable(count)),
  lfs: v.optional(v.nullable(v.object({ sha256: v.optional(sha256), oid: v.optional(sha256), size: count }))),
});

export const repositoryAnswerSchema = v.object({
  id: repositoryId,
  /** The commit that the revision names now. */
  sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  gated: v.optional(v.union([v.literal(false), v.literal("auto"), v.literal("manual")]), false),
  tags,
  siblings: v.pipe(v.array(v.unknown()), v.maxLength(20_000)),
});

/** A file of a repository. */
export interface HubFile {
  /** Its path in the repository, as the server writes it: hostile until it has passed localPath. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of its content, 64 hexadecimal digits; undefined where the hub does not tell. */
  readonly sha256: string | undefined;
}

export interface Repository {
  readonly id: string;
  readonly revision: string;
  readonly commit: string;
  /** A person has to accept conditions on the model's page first. */
  readonly gated: boolean;
  readonly license: string | undefined;
  /** The .gguf files only. */
  readonly files: readonly HubFile[];
}

/** Results that make no sense are left out, so that one of them does not hide the rest. */
export function foundRepositories(answer: v.InferOutput<typeof searchAnswerSchema>): FoundRepository[] {
  return answer.flatMap((raw) => {
    const parsed = v.safeParse(searchResultSchema, raw);
    if (!parsed.success) return [];
    const { id, downloads, likes, tags: all } = parsed.output;
    return [{ id, downloads, likes, license: licenseOf(all) }];
  });
}

/** As foundRepositories for files: of what is not a .gguf file with a size nothing is kept. */
export function repositoryOf(answer: v.InferOutput<typeof repositoryAnswerSchema>, revision: string): Repository {
  const files = answer.siblings.flatMap((raw): HubFile[] => {
    const parsed = v.safeParse(siblingSchema, raw);
    if (!parsed.success || !/\.gguf$/i.test(parsed.output.rfilename)) return [];
    const { rfilename, size, lfs } = parsed.output;
    const bytes = lfs?.size ?? size ?? undefined;
    return bytes === undefined ? [] : [{ path: rfilename, size: bytes, sha256: lfs?.sha256 ?? lfs?.oid }];
  });
  return {
    id: answer.id,
    revision,
    commit: answer.sha,
    gated: answer.gated !== false,
    license: licenseOf(answer.tags),
    files,
  };
}

function licenseOf(all: readonly string[]): string | undefined {
  return all.find((tag) => tag.startsWith("license:"))?.slice("license:".length);
}
