import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Compresses a .tgz again, about 3 % smaller than npm does; more iterations save little. The same content gives the same file. */
export async function compress(file) {
  const { default: zopfli } = await import('@gfx/zopfli');
  const content = gunzipSync(readFileSync(file));
  writeFileSync(file, await zopfli.gzipAsync(content, { numiterations: 1 }));
}
