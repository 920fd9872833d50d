import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunningCommand } from '../command.ts';
import { OtherCaller } from '../meanwhile/meanwhile.ts';
import { usage } from '../usage.ts';

const program = fileURLToPath(new URL('../../scripts/alongside.mjs', import.meta.url));
const head = 'uid,title,givenName,familyName,email,orgCode,orgName,roleCode,roleName,activities';
const role =
  'S8000:G8000:R8001,"""Clinical"":""Clinical Provision"":""Nurse Access Role""",B0825 Amend|B0401 View';

/** Returns a CSV file of people, each with a role at one of 500 organisations. */
export function peopleFile(count: number): string {
  const lines = [head];
  for (let n = 0; n < count; n++)
    lines.push(
      `7${String(n).padStart(11, '0')},Dr,Given${n},Family${n},p${n}@example.test,ORG${n % 500},Organisation ${n % 500},${role}`,
    );
  return `${lines.join('\r\n')}\r\n`;
}

/** Imports people into a running installation by the command, while others call it. */
export async function measureImport(instance: RunningCommand, state: string, folder: string, count: number) {
  const file = join(folder, 'people.csv');
  writeFileSync(file, peopleFile(count));
  const health = new OtherCaller({ address: `${instance.urls.api}/healthz` });
  const person = new OtherCaller({ address: `${instance.urls.console}/api/v1/people/gp` });
  const before = usage(instance.pid);
  const began = performance.now();
  const child = spawn(process.execPath, [program, 'directory', 'import', file, '--json', '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
  });
  const ended = () => new Promise((resolve) => child.once('close', resolve));
  const code = await health.during(() => person.during(ended));
  const milliseconds = performance.now() - began;
  await Promise.all([health.stop(), person.stop()]);
  if (code !== 0) throw new Error(`The import ended with ${code}: ${last}`);
  const after = usage(instance.pid);
  return {
    people: count,
    seconds: Math.round(milliseconds / 100) / 10,
    cpuSeconds: Math.round((after.cpu - before.cpu) / 100) / 10,
    result: JSON.parse(last) as { added: number },
    health: health.waits(),
    person: person.waits(),
  };
}
