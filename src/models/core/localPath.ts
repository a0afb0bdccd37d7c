/**
 * The gate through which names from servers become names on this disk. What comes out is one name or some folders and
 * a name: never empty, never "..", nothing that a file system or Windows reads as something else than a name.
 */

/** Windows' devices, which are such with any extension: "con.gguf" is the console. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** Bytes of UTF-8; most file systems take 255, and ".part" or a number may come behind. */
const MOST_BYTES = 180;
const MOST_FOLDERS = 3;

/** One name: letters, digits and ordinary signs stay, all else becomes "_". */
export function localName(name: string, fallback = "model"): string {
  let safe = name
    .normalize("NFC")
    // Separators, what Windows forbids, streams ("a:b"), controls, and characters that act instead of being seen.
    .replace(/[\\/:*?"<>|\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029]/gu, "_")
    .replace(/\s+/gu, " ")
    // Hidden files, options of programs, and what Windows drops from the end.
    .replace(/^[\s.~-]+/u, "")
    .replace(/[\s.]+$/u, "");
  if (safe === "") safe = fallback;
  if (device.test(safe)) safe = `_${safe}`;
  return shortened(safe);
}

function shortened(name: string): string {
  if (bytesOf(name) <= MOST_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= 6 ? name.slice(dot) : "";
  let stem = name.slice(0, name.length - extension.length);
  // The end is what tells quantizations and parts apart, so the beginning goes.
  while (bytesOf(stem) + bytesOf(extension) > MOST_BYTES) stem = Array.from(stem).slice(1).join("");
  return localName(`${stem}${extension}`);
}

function bytesOf(text: string): number {
  return Array.from(text).reduce((sum, character) => {
    const code = character.codePointAt(0) ?? 0;
    return sum + (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4);
  }, 0);
}

/**
 * Where the files of one download go, relative to the models' folder, "/" between folders: the repository's owner and
 * name or the server's name, then the file's own folders. Names that differ in case only, which are one file on many
 * disks, get a folder of their own.
 * @param below "owner/name", or the host of an address.
 * @param paths as the server writes them.
 */
export function localPaths(below: string, paths: readonly string[]): string[] {
  const taken = new Set<string>();
  const base = below.split("/").map((name) => localName(name, "hub"));
  return paths.map((path) => {
    const names = path.split("/").filter((name) => name !== "" && name !== "." && name !== "..");
    const file = withExtension(localName(names.at(-1) ?? ""));
    const folders = names.slice(0, -1).map((name) => localName(name, "folder"));
    const place = [...base, ...folders.slice(0, MOST_FOLDERS)];
    for (let number = 2; taken.has([...place, file].join("/").toLowerCase()); number++) {
      place.splice(base.length + Math.min(folders.length, MOST_FOLDERS), 1, `other ${number}`);
    }
    const whole = [...place, file].join("/");
    taken.add(whole.toLowerCase());
    return whole;
  });
}

function withExtension(name: string): string {
  return /\.gguf$/i.test(name) ? name : localName(`${name}.gguf`);
}
