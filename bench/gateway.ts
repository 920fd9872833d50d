// Measures the cost of the gateway for an API call, including token, rules, limits and event, compared with Node's bare HTTP server
// in the same run, and of a call that it forwards to an upstream, compared with a bare proxy: `npm run bench:gateway`. Never fails on a figure.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callConsole } from './command.ts';
import { benchOptions, printReport } from './flags.ts';
import { type BareServer, startBare } from './gateway/bare.ts';
import { startAlongside } from './peers/alongside.ts';
import { lanes } from './peers/call.ts';
import { inTurns, type Measured, measure, mediansOf } from './peers/measure.ts';
import { combinedSignIn } from './peers/scenarios.ts';

const { rounds, operations, out, json } = benchOptions('bench:gateway', {
  rounds: 7,
  operations: 3_200,
  out: 'FOLDER',
});
const each = Math.ceil(operations / lanes);

const ours = await startAlongside();
const { workstation } = ours;
if (!workstation) throw new Error('Alongside has a workstation.');

/** Puts a server behind the gateway, and gives the benchmark's applications access. Returns its address there. */
async function addUpstream(upstream: string): Promise<string> {
  const { console: at, apis } = ours.command.urls;
  const spec = `openapi: 3.0.3
servers: [{url: /bench}]
x-nhsd-apim: {access: [{grants: {nhs-cis2-aal3: []}}], target-identity: [{name: cis2-uuid}, {name: cis2-urid}]}
paths: {/hello: {get: {responses: {'200': {description: Hello}}}}}
`;
  await callConsole(at, 'POST', '/apis', { entry: 'bench.yaml', files: { 'bench.yaml': spec }, upstream });
  const product = await callConsole<Record<'apis' | 'scopes', string[]>>(at, 'GET', '/products/bench');
  await callConsole(at, 'PATCH', '/products/bench', {
    apis: [...product.apis, 'bench'],
    scopes: [...product.scopes, 'urn:nhsd:apim:user-nhs-cis2:aal3:bench'],
  });
  return `${apis}/bench/hello`;
}

/** Measures one API call at the gateway and at the bare server or proxy, in turns. */
async function compare(id: 'hello' | 'patient' | 'upstream', address: string, bare: BareServer) {
  const run = (target: { pid: number }, at?: string) => ({
    target,
    scenario: { prepare: (_: unknown, wide: number, long: number) => bare.prepare(wide, long, at) },
    all: [] as Measured[],
  });
  const runs = [run(ours, address), run(bare)];
  for (const { target, scenario } of runs) await measure(target, scenario, lanes, each * 2);
  await inTurns(runs, rounds, ({ target, scenario }) => measure(target, scenario, lanes, each));
  bare.stop();
  const [gateway, server] = runs.map(({ all }) => mediansOf(all)) as [Measured, Measured];
  return { id, gateway, bare: server, added: gateway.cpu - server.cpu };
}

try {
  const token = await combinedSignIn(ours);
  const report = [];
  for (const id of ['hello', 'patient'] as const) {
    const address = workstation[id];
    report.push(await compare(id, address, await startBare('bare-server.ts', address, token)));
  }
  const back = await startBare('bare-server.ts', workstation.hello, token);
  const address = await addUpstream(back.address);
  const other = await combinedSignIn(ours);
  report.push(
    await compare('upstream', address, await startBare('bare-proxy.ts', address, other, back.address)),
  );
  back.stop();
  const figures = { node: process.version, report };
  if (out !== undefined) {
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'gateway.json'), `${JSON.stringify(figures)}\n`);
  }
  const line = ({ cpu, perSecond, p50, p99 }: Measured) =>
    `${cpu.toFixed(0).padStart(4)} µs of processor time a call, ${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  const lines = report.flatMap(({ id, gateway, bare, added }) => [
    id,
    `  gateway           ${line(gateway)}`,
    `  bare ${id === 'upstream' ? 'proxy       ' : 'HTTP server '} ${line(bare)}`,
    `  added             ${added.toFixed(0).padStart(4)} µs`,
  ]);
  printReport(json, figures, lines);
} finally {
  await ours.stop();
}
