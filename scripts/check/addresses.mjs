import { textOf, trackedFiles } from './tracked.mjs';

/** Forbidden contents of published files. */
const forbidden = [
  [/(?<![\w.~}$-])\/(?:work|root|home\/\w+|Users\/\w+)\/[\w.]/, 'a path of one machine'],
  [
    /\b(?:registry|npm)[.](?:npmjs|yarnpkg|npmmirror)[.]|\bpkg[.]github[.]com|https?:\/\/registry[.]/i,
    "a registry's address",
  ],
  [
    /import\.meta\.url\s*\)\s*\.pathname/,
    'a path from URL.pathname, which breaks in a folder with a space: use fileURLToPath or import.meta.dirname',
  ],
  [
    /^(?!.*mkdtemp).*join\((?:os\.)?tmpdir\(\), *[`'"](?!alongside-\$\{(?:process\.getuid|ownUid))/,
    'a file of a known name in the temporary folder, where others can make it first: use mkdtemp',
  ],
];

/** Finds absolute paths of one machine, package registries, unportable and predictable paths in tracked files. */
export function addresses(files = trackedFiles(), read = textOf) {
  return files.flatMap((file) => {
    const lines = read(file)?.split('\n') ?? [];
    return lines.flatMap((line, index) =>
      forbidden
        .filter(([pattern]) => pattern.test(line))
        .map(([, what]) => `${file}:${index + 1}: ${what}: ${line.trim().slice(0, 100)}`),
    );
  });
}
