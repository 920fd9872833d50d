import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { series } from '../../src/boot/metrics/series.ts';
import { startInstance, type TestInstance } from '../testing/instance.ts';
import { Navigator } from '../testing/navigate.ts';

const promtool = process.env.ALONGSIDE_PROMTOOL;
const folder = fileURLToPath(new URL('../../deploy/observability/', import.meta.url));
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

interface Panel {
  title: string;
  type: string;
  targets?: { expr: string }[];
}
const dashboard = JSON.parse(read('alongside-dashboard.json')) as {
  panels: Panel[];
  annotations: { list: { target: { expr: string } }[] };
  templating: { list: { name: string; type: string; query: string | { query: string } }[] };
};
/** Every query of the dashboard, with values for Grafana's variables. */
const queries = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ target }) => target.expr),
].map((query) => query.replaceAll('$__rate_interval', '1m').replaceAll(/\$(job|instance)\b/g, '.*'));

const rules = read('alongside.rules.yml');
const alerts = [...rules.matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name = '']) => name);
/** Names of series in a query, without the suffixes of histograms. */
const seriesIn = (text: string): string[] =>
  [...text.matchAll(/\b(?:http|alongside|nodejs|process)_\w+/g)]
    .map(([name]) => name)
    .filter((name) => !/^http_(route|request_method|response_status_code)$/.test(name))
    .map((name) => name.replace(/_(bucket|count|sum)$/, ''));

function run(args: readonly string[], input = ''): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(promtool ?? '', args, {
    cwd: folder,
    input,
    encoding: 'utf8',
  });
  return { status, said: stdout + stderr };
}

describe('deploy/observability', () => {
  let instance: TestInstance;
  let scrape: string;
  before(async () => {
    instance = await startInstance();
    await instance.signInAtDesk('gp');
    const browser = new Navigator();
    await browser.go(`${instance.urls.sample}/sign-in/combined`);
    await browser.submit(`${instance.urls.sample}/patient`, { 'nhs-number': '9000000009' });
    scrape = await (await fetch(instance.state.metrics ?? '')).text();
  });
  after(() => instance?.stop());

  test('the rules and the dashboard name only series that exist', () => {
    const types = new Set([...scrape.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
    assert.ok(queries.length > 30);
    for (const text of [
      ...queries,
      ...[...rules.matchAll(/expr: ([\s\S]*?)\n {8}for:/g)].map(([, one]) => one ?? ''),
    ])
      for (const name of seriesIn(text)) assert.ok(types.has(name), `${name} in ${text}`);
  });

  test('the dashboard uses only labels that series have', () => {
    const known = new Set(['job', 'instance', 'le']);
    for (const { labels } of Object.values(series)) for (const label of Object.keys(labels)) known.add(label);
    for (const [, label = ''] of scrape.matchAll(/[{,](\w+)="/g)) known.add(label);
    for (const query of queries) {
      const grouped = [...query.matchAll(/\b(?:by|without|on|ignoring) ?\(([^)]*)\)/g)].flatMap(
        ([, list = '']) => list.split(',').map((label) => label.trim()),
      );
      const selected = [...query.matchAll(/(\w+) ?(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
      for (const label of [...grouped, ...selected]) assert.ok(known.has(label), `${label} in ${query}`);
    }
  });

  test('the dashboard shows every series of the product, and filters each by job and instance', () => {
    const shown = new Set(queries.flatMap(seriesIn));
    const onlyForAlerts = new Set(['alongside_clock_timestamp_seconds']);
    for (const name of Object.keys(series))
      assert.ok(shown.has(name) || onlyForAlerts.has(name), `${name} is on no panel`);
    for (const query of queries)
      for (const [, labels] of query.matchAll(/\b(?:http|alongside|nodejs|process)_\w+(\{[^}]*\})?/g))
        if (labels === undefined) assert.match(query, /by \([^)]*http_route|by \([^)]*http_response/, query);
        else assert.match(labels, /job=~".*",instance=~".*"/, query);
  });

  test('the dashboard leaves requests that wait for news out of latencies', () => {
    const latencies = queries.filter((query) =>
      query.includes('http_server_request_duration_seconds_bucket'),
    );
    assert.ok(latencies.length >= 5);
    for (const query of latencies) assert.match(query, /_bucket\{[^}]*waits="no"/);
  });

  test('each alert has a test of both outcomes and a runbook with every part', () => {
    const tests = read('alongside.rules.test.yml');
    const page = readFileSync(new URL('../../docs/runbooks.md', import.meta.url), 'utf8');
    const sections = new Map(page.split(/^## /m).map((text) => [text.split('\n', 1)[0], text]));
    assert.ok(alerts.length >= 12);
    assert.deepEqual([...sections.keys()].slice(1), alerts);
    for (const alert of alerts) {
      assert.match(tests, new RegExp(`- name: ${alert} fires\\n`));
      assert.match(tests, new RegExp(`- name: ${alert} is quiet\\n`));
      for (const part of ['Symptom', 'Meaning', 'First look', 'Fix', 'Call'])
        assert.match(
          sections.get(alert) ?? '',
          new RegExp(`^\\*\\*${part}\\.\\*\\*\\s+\\S`, 'm'),
          `${part} of ${alert}`,
        );
      assert.match(rules, new RegExp(`runbook_url: "/runbooks/#${alert.toLowerCase()}"\n`));
    }
  });

  if (promtool === undefined)
    test('promtool is missing on this machine, and the run reports it', () => {
      const notes = process.env.ALONGSIDE_NOT_RUN;
      const command = 'apt-get install promtool && npm test -- test/observability';
      if (notes) appendFileSync(notes, `promtool on deploy/observability\t${command}\n`);
      assert.notEqual(process.env.CI, 'true', `CI runs everything: ${command}`);
    });
  else {
    test('promtool accepts the configuration and the rules', () => {
      const { status, said } = run(['check', 'config', 'prometheus.yml']);
      assert.equal(status, 0, said);
      assert.match(said, new RegExp(`${alerts.length} rules found`));
    });

    test('promtool finds that each alert fires when it must, and only then', () => {
      const { status, said } = run(['test', 'rules', 'alongside.rules.test.yml']);
      assert.equal(status, 0, said);
    });

    test('promtool accepts every query of the dashboard', (t) => {
      const temporary = mkdtempSync(join(tmpdir(), 'alongside-rules-'));
      t.after(() => rmSync(temporary, { recursive: true, force: true }));
      const file = join(temporary, 'queries.yml');
      const recorded = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
      const { status, said } = run(['check', 'rules', file]);
      assert.equal(status, 0, said);
    });

    test('promtool finds nothing wrong with a scrape', () => {
      const { status, said } = run(['check', 'metrics'], scrape);
      assert.equal(status, 0, said);
      assert.equal(said, '');
    });
  }
});
