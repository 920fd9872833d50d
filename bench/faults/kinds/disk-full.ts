import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../fault.ts';
import { smallDiskProblem } from '../small-disk.ts';

function fill(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (let size = 1 << 20; size >= 512; ) {
      try {
        if (writeSync(descriptor, Buffer.alloc(size)) < size) size /= 2;
      } catch {
        size /= 2;
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

export const diskFull: Fault = {
  name: 'disk-full',
  summary: 'the disk of the SQLite file is full, and then has room again',
  databases: ['sqlite'],
  isQuick: true,
  unavailable: smallDiskProblem,
  async inject({ installation, length, wait, defer }) {
    const filler = join(installation.folder, 'filler');
    defer(() => rmSync(filler, { force: true }));
    fill(filler);
    await wait(length);
  },
};
