import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment } from '@alongside/kernel/operator';

/** Programs of a desk in a folder of their own: what a document or a unit calls by its bare name. */
export async function deskPrograms(
  folder: string,
  socket: string,
  scripts: Record<string, string> = {},
): Promise<Record<string, string>> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const program = fileURLToPath(new URL('./bin.mjs', import.meta.url));
  const all = { 'identity-agent': `exec '${process.execPath}' '${program}' "$@"`, ...scripts };
  for (const [name, text] of Object.entries(all)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const { PATH: path = '', HOME: home = '/' } = environment();
  return { PATH: `${bin}:${path}`, HOME: home, ALONGSIDE_AGENT_SOCKET: socket };
}
