import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tracingSettings } from './settings.ts';

const endpoint = 'http://127.0.0.1:4318';

describe('the settings of traces', () => {
  for (const [name, variables] of [
    ['an endpoint is not set', { OTEL_TRACES_SAMPLER: 'always_on' }],
    ['an endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
    ['the SDK is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'TRUE' }],
    ['the exporter is set to none', { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: 'none' }],
  ] as const)
    test(`are undefined if ${name}`, () => assert.equal(tracingSettings(undefined, variables), undefined));

  test('have the address of the flag, or leave that of a variable to the exporter', () => {
    assert.equal(tracingSettings(endpoint, {})?.url, `${endpoint}/v1/traces`);
    const byVariable = tracingSettings(undefined, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint });
    assert.deepEqual(
      [byVariable?.url, byVariable?.sampler, byVariable?.ratio],
      [undefined, 'parentbased_always_on', 1],
    );
  });

  test('have the sampler, its ratio and the batches of the variables', () => {
    const { sampler, ratio, batch, warnings } =
      tracingSettings(endpoint, {
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.1',
        OTEL_BSP_SCHEDULE_DELAY: '100',
      }) ?? assert.fail();
    assert.deepEqual(
      [sampler, ratio, batch.delay, batch.size],
      ['parentbased_traceidratio', 0.1, 100, undefined],
    );
    assert.deepEqual(warnings, []);
  });

  test('warn of a value that has no effect', () => {
    const settings = tracingSettings(endpoint, {
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: 'ten percent',
      OTEL_BSP_MAX_QUEUE_SIZE: '1e3',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    });
    assert.equal(settings?.ratio, 1);
    assert.deepEqual(
      settings.warnings.map((warning) => /OTEL_\w+|grpc/.exec(warning)?.[0]),
      ['grpc', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG', 'OTEL_BSP_MAX_QUEUE_SIZE'],
    );
    const address = tracingSettings(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4318' });
    assert.match(String(address?.warnings), /^OTEL_EXPORTER_OTLP_ENDPOINT must be an address/);
  });
});
