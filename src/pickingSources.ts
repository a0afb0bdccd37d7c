import type { ProcessMeasuring } from "./engine/client/measuring";
import { type DownloadView, isActive } from "./models/core/downloadState";
import { isRepository, mainRevision } from "./models/core/hubAddress";
import type { DownloadsRoom } from "./models/host/downloadsRoom";
import type { WantedFiles } from "./models/node/downloads";
import type { HubHttp } from "./models/node/hubHttp";
import { type Candidate, contentsOf } from "./picker/core/candidate";
import type { CandidateSource } from "./picker/core/candidateSource";
import type { CandidateDownloads } from "./picker/core/downloadNeeds";
import type { FileMeasuring } from "./picker/core/measuringNeeds";
import type { ServerAsking } from "./picker/node/serverSource";
import { PaddockError } from "./platform/core/errors";

/** Of a server's list of models. */
const MOST_SERVER_BYTES = 4 * 1024 * 1024;
const REPOSITORY_KEY = "hub:";

/** As the picker needs it: a machine whose GPUs have no memory has none. */
export function pickerMeasuring(measuring: ProcessMeasuring): FileMeasuring {
  return {
    gpuMemory: async (signal) => {
      const memory = await measuring.gpuMemory(signal);
      return memory.totalBytes > 0 ? memory : undefined;
    },
    estimateMemory: (file, options) => measuring.estimateMemory(file, options),
    measureSpeed: (file, options) => measuring.measureSpeed(file, options),
    divergence: (request, options) => measuring.divergence(request, options),
  };
}

/** By the ways of the hub's client: the person's proxy and certificates, and a key for its own origin only. */
export function serverAsking(http: HubHttp): ServerAsking {
  return {
    get: async (address, key, signal) => {
      const { host, origin } = new URL(address);
      const answer = await http.get(address, {
        headers: { accept: "application/json" },
        token: key === undefined ? undefined : { value: key, origin },
        signal,
        what: host,
      });
      const { status } = answer;
      if (status !== 200) {
        answer.discard();
        return { status, json: undefined };
      }
      try {
        return { status, json: await http.json(answer, host, MOST_SERVER_BYTES) };
      } catch (error) {
        // A page, or what is endless, is no list.
        if (error instanceof PaddockError && error.code === "hub/bad-answer") return { status, json: undefined };
        throw error;
      }
    },
  };
}

/** Downloads by the candidates that they are of. */
export function candidateDownloads(room: Pick<DownloadsRoom, "downloads" | "download">): CandidateDownloads {
  const { downloads } = room;
  const wanted = ({ origin }: Candidate): WantedFiles | undefined =>
    origin.kind === "hub"
      ? { source: { kind: "hub", repository: origin.repository, revision: mainRevision }, files: origin.parts }
      : undefined;
  const find = (candidate: Candidate): DownloadView | undefined => {
    const files = wanted(candidate);
    return files === undefined ? undefined : downloads.find(files);
  };
  return {
    progress: (candidate) => {
      const view = find(candidate);
      if (view === undefined || !isActive(view)) return undefined;
      return view.sizeBytes === 0 ? 0 : view.doneBytes / view.sizeBytes;
    },
    local: async (candidate) => {
      const files = wanted(candidate);
      return files === undefined ? undefined : downloads.downloaded(files);
    },
    start: async ({ origin }) => {
      const [first] = origin.kind === "hub" ? origin.parts : [];
      if (origin.kind === "hub" && first !== undefined) await room.download(origin.repository, first.path);
    },
    pause: (candidate) => {
      const view = find(candidate);
      if (view !== undefined) downloads.pause(view.id);
    },
    onDidChange: downloads.onDidChange,
    onDidFinish: downloads.onDidFinish,
  };
}

/** What repositorySource has named by its key; undefined: it is another's. */
export function reopenRepository(room: Pick<DownloadsRoom, "read">, key: string): CandidateSource | undefined {
  const repository = key.startsWith(REPOSITORY_KEY) ? key.slice(REPOSITORY_KEY.length) : "";
  return isRepository(repository) ? repositorySource(room, repository) : undefined;
}

/** The models of a repository of the hub; of their files only the headers are read. */
export function repositorySource(downloads: Pick<DownloadsRoom, "read">, repository: string): CandidateSource {
  return {
    label: repository,
    key: `${REPOSITORY_KEY}${repository}`,
    list: (found, signal) =>
      downloads.read(
        repository,
        (model, headers) => {
          const [first] = model.files;
          if (first === undefined) return;
          found({
            id: `${repository}/${first.path}`,
            // As it will be called once it is here.
            name: `${model.name.split("/").at(-1) ?? model.name}.gguf`,
            origin: { kind: "hub", repository, parts: model.files },
            sizeBytes: model.sizeBytes,
            ...lookInto(headers),
          });
        },
        signal,
      ),
  };
}

function lookInto(headers: Parameters<Parameters<DownloadsRoom["read"]>[1]>[1]) {
  if (headers instanceof Error) return { contents: undefined, problem: headers.message };
  try {
    return { contents: contentsOf(headers), problem: undefined };
  } catch (error) {
    return { contents: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}
