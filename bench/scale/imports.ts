import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunningCommand } from '../command.ts';
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

/** Calls an address every few milliseconds until the signal; returns the milliseconds of each response. */
async function callMeanwhile(address: string, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    const began = performance.now();
    const response = await fetch(address);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${address} answered ${response.status}`);
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return times;
}

const waits = (times: number[]) => {
  times.sort((a, b) => a - b);
  const at = (part: number) => Math.round((times[Math.floor(times.length * part)] ?? 0) * 10) / 10;
  return { calls: times.length, p50: at(0.5), p99: at(0.99), longest: at(0.999999) };
};

/** Imports people into a running installation by the command, while others call it. */
export async function measureImport(instance: RunningCommand, state: string, folder: string, count: number) {
  const file = join(folder, 'people.csv');
  writeFileSync(file, peopleFile(count));
  const over = new AbortController();
  const addresses = {
    health: `${instance.urls.api}/healthz`,
    person: `${instance.urls.console}/api/v1/people/gp`,
  };
  const calling = Promise.all(Object.values(addresses).map((address) => callMeanwhile(address, over.signal)));
  const before = usage(instance.pid);
  const began = performance.now();
  const child = spawn(process.execPath, [program, 'directory', 'import', file, '--json', '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  const milliseconds = performance.now() - began;
  over.abort();
  const [health = [], person = []] = await calling;
  if (code !== 0) throw new Error(`The import ended with ${code}: ${last}`);
  const after = usage(instance.pid);
  return {
    people: count,
    seconds: Math.round(milliseconds / 100) / 10,
    cpuSeconds: Math.round((after.cpu - before.cpu) / 100) / 10,
    result: JSON.parse(last) as { added: number },
    health: waits(health),
    person: waits(person),
  };
}
