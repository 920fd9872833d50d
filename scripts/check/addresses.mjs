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
];

/** Finds absolute paths of one machine, package registries and unportable paths in tracked files. */
export function addresses() {
  return trackedFiles().flatMap((file) => {
    const lines = textOf(file)?.split('\n') ?? [];
    return lines.flatMap((line, index) =>
      forbidden
        .filter(([pattern]) => pattern.test(line))
        .map(([, what]) => `${file}:${index + 1}: ${what}: ${line.trim().slice(0, 100)}`),
    );
  });
}
