import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { clone } from './testing/project.ts';

const run = promisify(execFile);
const tools = process.env.ALONGSIDE_TEST_TOOLS;

/** The types of Grafana, with those of the panels and the data source that the dashboard uses. */
const types = `
import type { AnnotationQuery, Dashboard, FieldConfig, FieldConfigSource, Panel, RowPanel } from '@grafana/schema';
import type * as bar from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as time from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

/** JSON contains the values of enumerations. */
type Json<T> = T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
type Query = { refId: string; datasource: { type: 'prometheus'; uid: string }; expr: string; legendFormat: string; instant?: true };
/** A panel of one type. Grafana adds default options. */
type Typed<Type, Options, Custom> = Omit<Panel, 'type' | 'targets' | 'options' | 'fieldConfig'> & {
  type: Type;
  targets: Query[];
  options: Partial<Options>;
  fieldConfig: Omit<FieldConfigSource, 'defaults'> & {
    defaults: Omit<FieldConfig, 'custom'> & { custom?: Partial<Custom> };
  };
};
type Panels = RowPanel | Typed<'stat', stat.Options, never> | Typed<'bargauge', bar.Options, never>
  | Typed<'timeseries', time.Options, time.FieldConfig>;
type Annotation = Omit<AnnotationQuery, 'target'> & { target: Pick<Query, 'refId' | 'expr'>; titleFormat: string };
export const dashboard: Json<Omit<Dashboard, 'panels' | 'annotations'>
  & { panels: Panels[]; annotations: { list: Annotation[] } }> = `;

test('the dashboard has the types of Grafana’s schema', {
  skip: tools === undefined && 'needs the types of Grafana from npm',
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dashboard-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(tools ?? '', 'node_modules'), join(folder, 'node_modules'));
  const json = await readFile(join(clone, 'deploy/observability/alongside-dashboard.json'), 'utf8');
  // Also proves that the compiler sees a wrong value and an unknown member.
  const wrong = json
    .replace('"displayMode": "table"', '"displayMode": "tabel"')
    .replace('"fillOpacity":', '"fillOpacty":');
  await writeFile(join(folder, 'right.ts'), types + json);
  await writeFile(join(folder, 'wrong.ts'), types + wrong);
  const compiler = join(clone, 'node_modules/@typescript/native/bin/tsc');
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--types', '', '--pretty', 'false'];
  const { stdout } = await run(process.execPath, [compiler, ...flags, 'right.ts', 'wrong.ts'], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error);
  const found = stdout.split('\n').filter((line) => /^\w/.test(line));
  assert.equal(found.length, 2, stdout);
  assert.match(found[0] ?? '', /^wrong\.ts.*fillOpacty|^wrong\.ts.*tabel/);
  assert.match(found[1] ?? '', /^wrong\.ts.*tabel|^wrong\.ts.*fillOpacty/);
});
