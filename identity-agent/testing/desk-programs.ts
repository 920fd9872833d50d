import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { environment } from '@alongside/kernel/operator';

/** Creates a folder with programs that a document or a unit calls by name. */
export async function deskPrograms(
  folder: string,
  socket: string,
  scripts: Record<string, string> = {},
): Promise<Record<string, string>> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const program = fileURLToPath(new URL('../bin.mjs', import.meta.url));
  const all = { 'identity-agent': `exec '${process.execPath}' '${program}' "$@"`, ...scripts };
  for (const [name, text] of Object.entries(all)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  }
  const { PATH: path = '', HOME: home = '/' } = environment();
  return { PATH: `${bin}:${path}`, HOME: home, ALONGSIDE_AGENT_SOCKET: socket };
}

/** Runs `identity-agent` among those programs. Returns its output lines, exit code and errors. */
export function runAgentCommand(t: TestContext, env: Record<string, string>, ...words: string[]) {
  const child = spawn('identity-agent', words, { env });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (text) => {
    said += String(text);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    line: async () => String((await lines.next()).value),
    end: async () => ({ code: (await once(child, 'close'))[0] as number | null, said }),
  };
}
