import { readFileSync } from 'node:fs';
import { inClone } from '../prepare/clone.mjs';
import { trackedFiles } from './tracked.mjs';

/** Reports lock files that contain addresses, or lack the checksum of a downloaded package. */
export function lockFiles() {
  return trackedFiles()
    .filter((file) => /(^|\/)package-lock\.json$/.test(file))
    .flatMap((file) => lockProblems(file, readFileSync(inClone(file), 'utf8')));
}

/** Returns the problems of the text of one lock file. */
export function lockProblems(file, text) {
  const { packages } = JSON.parse(text);
  return Object.entries(packages).flatMap(([path, entry]) => complaints(`${file}: ${path}`, path, entry));
}

function complaints(where, path, { resolved, integrity, link }) {
  const found = [];
  if (resolved !== undefined && !link) {
    found.push(`${where} has a resolved address; .npmrc's omit-lockfile-registry-resolved keeps it out`);
  }
  if (path.includes('node_modules/') && !link && !integrity) found.push(`${where} has no integrity`);
  return found;
}
